"""What becomes of a bookmark that comes in again."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.catalog.merge import MAX_VIEWS, merge, storable, without_repeats
from glane_indexer.identity import identify
from glane_indexer.models import Annotation, Bookmark, Visibility

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
    visibility="private",
    annotations=(Annotation("One", "New note", "Ada", None, "1"), Annotation("Three", id="3")),
)


def places(bookmark: Bookmark) -> list[str]:
    return [annotation.id for annotation in bookmark.annotations]


def test_what_two_sources_say_unites() -> None:
    assert merge(OLD, NEW) == Bookmark(
        id="b",
        title="New",
        url="https://haies.example/a",
        description="Old text\n\nNew text",
        tags=("old", "new", "newer"),
        contributor="Ada",
        created_at=DAY,
        views=3,
        kind="topic",
        language="en",
        visibility="private",
        annotations=(
            Annotation("One", "Old note\n\nNew note", "Ada", DAY, "1"),
            Annotation("Two", id="2"),
            Annotation("Three", author="Bob", id="3"),
        ),
    )


@pytest.mark.parametrize(
    ("stored", "incoming", "expected"),
    [
        ("Les haies", "Les haies du canton", "Les haies du canton"),
        ("Les haies", "", "Les haies"),
        ("Les haies", "Untitled", "Les haies"),
        ("Les haies", "  sans   TITRE ", "Les haies"),
        ("Les haies", "https://haies.example/a/b.html", "Les haies"),
        ("Les haies", "haies.example/a/b.html", "Les haies"),
        ("Les haies", "b.html", "Les haies"),
        ("Untitled", "Les haies", "Les haies"),
        ("https://haies.example/a/b.html", "Untitled", "https://haies.example/a/b.html"),
        ("", "Untitled", "Untitled"),
    ],
)
def test_a_title_that_says_nothing_gives_way(stored: str, incoming: str, expected: str) -> None:
    url = "https://haies.example/a/b.html"
    assert merge(Bookmark(stored, url), Bookmark(incoming, url)).title == expected


def test_of_two_accounts_in_one_file_the_title_of_the_first_stands() -> None:
    assert merge(OLD, NEW, newer=False) == replace(merge(OLD, NEW), title="Old")
    assert merge(Bookmark("Untitled"), Bookmark("Les haies"), newer=False).title == "Les haies"
    assert merge(Bookmark("Untitled"), Bookmark(""), newer=False).title == "Untitled"


@pytest.mark.parametrize(
    ("stored", "incoming", "expected"),
    [
        ("One", "Two", "One\n\nTwo"),
        ("One", "", "One"),
        ("", "Two", "Two"),
        ("One and  two", "and two", "One and  two"),
        ("and two", "One and\ntwo", "One and\ntwo"),
    ],
)
def test_two_descriptions_are_both_kept(stored: str, incoming: str, expected: str) -> None:
    old, new = Bookmark("T", description=stored), Bookmark("T", description=incoming)
    assert merge(old, new).description == expected
    assert merge(merge(old, new), new).description == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("http://haies.example/a", "https://haies.example/a", "https://haies.example/a"),
        ("https://haies.example/a?utm_source=x", "https://haies.example/a", "https://haies.example/a"),
        ("http://haies.example/a", "", "http://haies.example/a"),
    ],
)
def test_the_plainer_url_stays(one: str, other: str, expected: str) -> None:
    assert merge(Bookmark("T", one), Bookmark("T", other)).url == expected
    assert merge(Bookmark("T", other), Bookmark("T", one)).url == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("public", "public", "public"),
        ("public", "private", "private"),
        ("private", "public", "private"),
    ],
)
def test_private_for_one_source_is_private(one: Visibility, other: Visibility, expected: str) -> None:
    assert merge(Bookmark("T", visibility=one), Bookmark("T", visibility=other)).visibility == expected


def test_tags_unite_whatever_their_case() -> None:
    assert merge(Bookmark("T", tags=("Haie", "eau")), Bookmark("T", tags=("haie", "Bois"))).tags == (
        *("Haie", "eau", "Bois"),
    )


def test_a_highlight_of_two_contributors_is_two_and_each_keeps_its_author() -> None:
    page = Bookmark("T", "https://haies.example/a", contributor="Ada", annotations=(Annotation("One"),))
    ada, bob = identify(page), identify(replace(page, contributor="Bob"))
    both = merge(ada, bob)
    assert [(item.text, item.author) for item in both.annotations] == [("One", ""), ("One", "Bob")]
    assert both.annotations[0].id == ada.annotations[0].id
    assert (
        both.annotations[1].id
        == identify(replace(page, annotations=(Annotation("One", author="Bob"),))).annotations[0].id
    )
    assert merge(both, bob) == both
    # A source that does not know whose it is has the contributor's.
    assert merge(ada, identify(replace(page, contributor=""))) == ada


def test_a_highlight_with_an_id_of_its_own_is_the_one_that_says_the_same() -> None:
    page = Bookmark("T", "https://haies.example/a", id="b")
    known = replace(page, annotations=(Annotation("Une  haie", id="mine"),))
    other = replace(
        page, annotations=(Annotation("Une haie", "A note", id="theirs"), Annotation("Eau", id="x"))
    )
    assert merge(known, other).annotations == (
        Annotation("Une  haie", "A note", id="mine"),
        Annotation("Eau", id="x"),
    )
    # Two that say the same in one source are two.
    twice = replace(page, annotations=(Annotation("Une haie", id="3"), Annotation("Une haie", id="4")))
    assert places(merge(known, twice)) == ["mine", "4"]
    assert merge(merge(known, twice), twice) == merge(known, twice)


def test_what_is_empty_erases_nothing() -> None:
    assert merge(OLD, Bookmark("", id="b")) == OLD


def test_an_import_makes_nothing_public_that_was_private() -> None:
    assert merge(NEW, OLD).visibility == "private"
    assert merge(OLD, OLD).visibility == "public"


def test_no_field_is_forgotten() -> None:
    # A new field of the models would otherwise be lost at every second import.
    for item in fields(Bookmark):
        if item.compare and item.name != "id":
            assert getattr(NEW, item.name) != getattr(OLD, item.name)
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
