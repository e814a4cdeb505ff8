"""What becomes of a bookmark that comes in again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.catalog.merge import MAX_VIEWS, merge, storable, without_repeats
from glane_indexer.models import Annotation, Bookmark

DAY = datetime(2020, 1, 2, tzinfo=UTC)
OLD = Bookmark(
    id="b",
    title="Old",
    url="https://haies.example/a",
    description="Old text",
    tags=("old",),
    contributor="Ada",
    created_at=DAY,
    views=3,
    kind="bookmark",
    language="fr",
    annotations=(Annotation("One", "Old note", "Ada", DAY, "1"), Annotation("Two", id="2")),
)
NEW = Bookmark(
    id="b",
    title="New",
    url="https://haies.example/a?x",
    description="New text",
    tags=("new", "newer"),
    contributor="Bob",
    created_at=DAY + timedelta(days=1),
    views=1,
    kind="topic",
    language="en",
    annotations=(Annotation("One", "New note", "Ada", None, "1"), Annotation("Three", id="3")),
    visibility="private",
)


def places(bookmark: Bookmark) -> list[str]:
    return [annotation.id for annotation in bookmark.annotations]


def test_what_is_given_replaces_what_was_there() -> None:
    merged = merge(OLD, NEW)
    assert merged == replace(
        NEW,
        annotations=(
            Annotation("One", "New note", "Ada", DAY, "1"),
            Annotation("Two", id="2"),
            Annotation("Three", id="3"),
        ),
    )


def test_what_is_empty_erases_nothing() -> None:
    assert merge(OLD, Bookmark("", id="b")) == OLD


def test_an_import_makes_nothing_public_that_was_private() -> None:
    assert merge(NEW, OLD).visibility == "private"
    assert merge(OLD, OLD).visibility == "public"


def test_no_field_is_forgotten() -> None:
    # A new field of the models would otherwise be lost at every second import.
    for item in fields(Bookmark):
        assert getattr(NEW, item.name) != getattr(OLD, item.name) or item.name == "id"
    assert storable(OLD) == OLD
    assert storable(NEW) == NEW


@pytest.mark.parametrize(
    ("stored", "incoming", "expected"),
    [
        ("123", "123", "123"),
        ("123", "321", "321"),
        ("12", "3142", "3142"),
        ("123", "31", "123"),
        ("123", "43", "1234"),
        ("", "21", "21"),
        ("12", "", "12"),
    ],
)
def test_the_order_of_annotations(stored: str, incoming: str, expected: str) -> None:
    old, new = (
        replace(OLD, annotations=tuple(Annotation(f"Text {key}", id=key) for key in keys))
        for keys in (stored, incoming)
    )
    assert "".join(places(merge(old, new))) == expected


keys = st.lists(st.sampled_from("123456"), unique=True)


@given(keys, keys, st.booleans())
def test_merging_again_changes_nothing_and_loses_nothing(
    old: list[str], new: list[str], note: bool
) -> None:
    stored = replace(OLD, annotations=tuple(Annotation(key, id=key) for key in old))
    incoming = replace(
        NEW, annotations=tuple(Annotation(key, "note" if note else "", id=key) for key in new)
    )
    once = merge(stored, incoming)
    assert merge(once, incoming) == once
    assert sorted(places(once)) == sorted({*old, *new})


def test_repeats_are_put_together_at_the_first_place() -> None:
    bookmark = replace(
        OLD,
        annotations=(
            Annotation("One", id="1"),
            Annotation("Two", id="2"),
            Annotation("One", "A note", "Ada", DAY, "1"),
            Annotation("One", id="1"),
        ),
    )
    found, repeats = without_repeats(bookmark)
    assert repeats == 2
    assert found.annotations == (Annotation("One", "A note", "", DAY, "1"), Annotation("Two", id="2"))
    assert without_repeats(found) == (found, 0)


def test_storable_texts_are_sound_unicode() -> None:
    found = storable(
        Bookmark("a\ud800b", id="\udfff", tags=("x\x1fy", ""), annotations=(Annotation("\udc00é", id="1"),))
    )
    assert (found.title, found.id, found.tags) == ("a\ufffdb", "\ufffd", ("x y",))
    assert found.annotations[0].text == "\ufffdé"
    # Two halves that belong together are one character.
    assert storable(Bookmark("\ud83c\udf3e", id="b")).title == "🌾"


@pytest.mark.parametrize(("views", "expected"), [(-1, 0), (7, 7), (2**80, MAX_VIEWS)])
def test_storable_views(views: int, expected: int) -> None:
    assert storable(replace(OLD, views=views)).views == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2020, 1, 2, 3), datetime(2020, 1, 2, 3, tzinfo=UTC)),
        (datetime(2020, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), datetime(2020, 1, 2, 1, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), datetime(1, 1, 1, tzinfo=UTC)),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-2))), datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_storable_times_are_in_utc(moment: datetime, expected: datetime) -> None:
    assert storable(replace(OLD, created_at=moment)).created_at == expected
