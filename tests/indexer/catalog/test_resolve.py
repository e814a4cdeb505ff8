"""Which bookmark a record is: by its id, by its page, or a new one."""

from __future__ import annotations

import pytest

from glane_indexer.catalog.resolve import resolve
from glane_indexer.identity import identify, page_id, second_id
from glane_indexer.models import Annotation, Bookmark

PAGE = "https://haies.example/a"
ID = page_id(PAGE)
WWW = "https://www.haies.example/a"


@pytest.mark.parametrize(
    ("record", "stored", "aliases", "expected"),
    [
        # A new page; one that is there; one that is there under an id of its own.
        (Bookmark("T", PAGE), {}, {}, ID),
        (Bookmark("T", "http://haies.example/a/?utm_source=x"), {ID: PAGE}, {}, ID),
        (Bookmark("T", PAGE), {"mine": PAGE}, {ID: "mine"}, "mine"),
        # An id that is there is told by it, whatever its page; any other by the page.
        (Bookmark("T", PAGE, id="mine"), {"mine": WWW, ID: PAGE}, {page_id(WWW): "mine"}, "mine"),
        (Bookmark("T", PAGE, id="theirs"), {ID: PAGE}, {}, ID),
        (Bookmark("T", PAGE, id="theirs"), {"mine": PAGE}, {ID: "mine"}, "mine"),
        (Bookmark("T", PAGE, id="theirs"), {}, {}, "theirs"),
        # A library of version 0.1: the page with www. has the id of the one without.
        (Bookmark("T", WWW), {ID: WWW}, {page_id(WWW): ID}, ID),
        (Bookmark("T", PAGE), {ID: WWW}, {page_id(WWW): ID}, second_id(PAGE)),
        (Bookmark("T", PAGE), {ID: WWW, second_id(PAGE): PAGE}, {ID: second_id(PAGE)}, second_id(PAGE)),
        # Its address was corrected by hand: it is the same bookmark.
        (Bookmark("T", PAGE), {ID: "https://b.example"}, {page_id("https://b.example"): ID}, ID),
        (Bookmark("T", PAGE), {ID: ""}, {}, ID),
    ],
)
def test_which_bookmark_a_record_is(
    record: Bookmark, stored: dict[str, str], aliases: dict[str, str], expected: str
) -> None:
    (found,) = resolve([record], stored, aliases, {}, set())
    assert found.id == expected


@pytest.mark.parametrize(
    ("record", "stored", "expected"),
    [
        (Bookmark("Les haies"), {ID: PAGE}, ID),
        # One that is there already; a topic; titles that say nothing; one with a url.
        (Bookmark("Les haies"), {ID: PAGE, "TITLE": ""}, "TITLE"),
        (Bookmark("Les haies", kind="topic"), {ID: PAGE}, "TITLE"),
        (Bookmark("Untitled"), {ID: PAGE}, "TITLE"),
        (Bookmark("Les haies", "https://b.example"), {ID: PAGE}, page_id("https://b.example")),
    ],
)
def test_a_record_without_a_url_is_told_by_its_title(
    record: Bookmark, stored: dict[str, str], expected: str
) -> None:
    alone = identify(record).id
    urls = {id.replace("TITLE", alone): url for id, url in stored.items()}
    (found,) = resolve([record], urls, {}, {"Les haies": ID, "Untitled": ID}, set())
    assert found.id == expected.replace("TITLE", alone)


def test_two_records_with_ids_of_their_own_are_two_and_one_without_is_the_first() -> None:
    records = [Bookmark("T", PAGE, id="d1"), Bookmark("T", PAGE, id="d2"), Bookmark("T", PAGE)]
    assert [item.id for item in resolve(records, {}, {}, {}, set())] == ["d1", "d2", "d1"]
    # Also where the first came in an earlier chunk, and where the page was there before.
    assert [item.id for item in resolve(records[1:], {"d1": PAGE}, {ID: "d1"}, {}, {"d1"})] == ["d2", "d1"]
    assert [item.id for item in resolve(records, {ID: PAGE}, {}, {}, set())] == [ID, "d2", ID]


def test_annotations_have_the_ids_that_they_have_in_their_bookmark() -> None:
    record = Bookmark("T", PAGE, annotations=(Annotation("One"),))
    (alone,) = resolve([record], {}, {}, {}, set())
    (known,) = resolve([record], {"mine": PAGE}, {ID: "mine"}, {}, set())
    assert alone.annotations[0].id != known.annotations[0].id
