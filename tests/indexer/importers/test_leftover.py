"""What a reader passes by is told by a second look at the file that knows nothing of its format."""

from __future__ import annotations

import json

import pytest

from glane_indexer.importers.leftover import Kept, left_behind
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Problem


def missed(text: str, *bookmarks: Bookmark) -> list[tuple[str, str]]:
    kept = Kept()
    for bookmark in bookmarks:
        kept.take(bookmark)
    return [(item.where, item.message) for item in left_behind(Source(text.encode()), kept)]


def test_an_address_in_no_bookmark_is_told_with_its_line() -> None:
    text = "https://a.example/1\nhttps://b.example/2 see\nhttps://b.example/3\n"
    assert missed(text, Bookmark("A", "https://a.example/1")) == [
        ("line 2", "2 addresses of this file were not read; the first is https://b.example/2")
    ]


def test_what_a_text_speaks_of_is_kept_too() -> None:
    text = "https://a.example/1\n(https://b.example/2), https://c.example/?a=1&amp;b=2.\n"
    note = Annotation("as https://b.example/2 says", note="and https://c.example/?a=1&b=2")
    assert missed(text, Bookmark("A", "https://a.example/1", annotations=(note,))) == []


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (r'"href":"https:\/\/a.example\/caf\u00e9"', "https://a.example/café"),
        (r'"href":"https:\/\/a.example\/\ud83d\ude00"', "https://a.example/😀"),
        ('<a href="https://a.example/?x=1&amp;size=2">', "https://a.example/?x=1&size=2"),
        ("<link>https://a.example/?x=1&amp;amp;y=2</link>", "https://a.example/?x=1&amp;y=2"),
        ("[A](https://a.example/x).", "https://a.example/x"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(written: str, address: str) -> None:
    assert missed(written, Bookmark("A", address)) == []
    assert [where for where, _ in missed(written, Bookmark("A"))] == ["line 1"]


def test_a_field_whose_addresses_are_no_bookmarks_is_not_missed() -> None:
    entries = [
        {"url": f"https://a.example/{number}", "icon": f"https://icons.example/{number}.png"}
        for number in range(9)
    ]
    bookmarks = [Bookmark("A", f"https://a.example/{number}") for number in range(8)]
    assert missed(json.dumps(entries, indent=0), *bookmarks) == [
        ("line 35", "an address was not read; it is https://a.example/8")
    ]


def test_a_column_whose_addresses_are_no_bookmarks_is_not_missed() -> None:
    rows = [f'A,https://a.example/{number},"https://covers.example/{number}"' for number in range(9)]
    bookmarks = [Bookmark("A", f"https://a.example/{number}") for number in range(8)]
    assert missed("title,url,cover\n" + "\n".join(rows), *bookmarks) == [
        ("line 10", "an address was not read; it is https://a.example/8")
    ]


def test_the_cells_behind_an_address_are_no_part_of_it() -> None:
    text = "url,title,folder\nhttps://a.example/1,2,A,Unread\nhttps://a.example/3,B,Unread\n"
    one, two = Bookmark("2", "https://a.example/1,2"), Bookmark("B", "https://a.example/3")
    assert missed(text, one, two) == []
    assert [where for where, _ in missed(text.replace("/1,2,", "/1,"), two)] == ["line 2"]


def test_addresses_that_lie_in_two_pieces_of_a_text_are_found_once_and_whole() -> None:
    urls = [f"https://a.example/{'x' * 90}/{number}" for number in range(25_000)]
    kept = [Bookmark("A", url) for url in urls[:-1]]
    assert missed("\n".join(urls), *kept) == [
        ("line 25000", f"an address was not read; it is {urls[-1]}"[:170])
    ]


def test_an_import_tells_what_its_reader_has_passed_by() -> None:
    rows = [f'"A","https://a.example/{number}","","","","","2020-01-02 03:04:05"' for number in range(5)]
    rows[3] = "A;https://a.example/3"
    text = "title,url,tags,description,comments,annotations,created_at\n" + "\n".join(rows)
    problems = [item for item in read(Source(text.encode()))[1] if isinstance(item, Problem)]
    assert problems[-1] == Problem(
        "line 5", "an address was not read; it is https://a.example/3", skipped=False
    )
