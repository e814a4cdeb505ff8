"""Bookmarks as HTML: what the many programs that write them do differently."""

from __future__ import annotations

import pytest

from glane_indexer.importers import netscape
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Problem
from tests.indexer.importers.expected_highlights import utc

HEAD = "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<TITLE>Bookmarks</TITLE>\n<H1>Bookmarks</H1>\n"


def found(text: str) -> list[Bookmark]:
    return [item for item in netscape.read(Source(text.encode())) if isinstance(item, Bookmark)]


def only(text: str) -> Bookmark:
    (bookmark,) = found(HEAD + "<DL><p>\n" + text)
    return bookmark


@pytest.mark.parametrize(
    "written",
    [
        "1456433741",
        "1456433741000",
        "1456433741000000",
        "2016-02-25T20:55:41Z",
        "25/Feb/2016:23:55:41 +0300",
    ],
)
def test_a_date_is_read_in_every_unit(written: str) -> None:
    bookmark = only(f'<DT><A HREF="https://a.example/" ADD_DATE="{written}">A</A>')
    assert bookmark.created_at == utc("2016-02-25T20:55:41")


def test_a_date_that_is_none_is_told() -> None:
    row = '<DT><A HREF="https://a.example/{0}" ADD_DATE="{0}">A</A>'
    text = HEAD + row.format("soon") + row.format("")
    problem, first, second = netscape.read(Source(text.encode()))
    assert problem == Problem("line 4", "ADD_DATE is 'soon', which is not a date", skipped=False)
    assert isinstance(first, Bookmark)
    assert isinstance(second, Bookmark)


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("a,b c, d", ("a", "b c", "d")),
        ("a b c", ("a", "b", "c")),
        ("spip3 , astuces ", ("spip3", "astuces")),
        ("", ()),
    ],
)
def test_tags_stand_between_commas_or_spaces(written: str, tags: tuple[str, ...]) -> None:
    assert only(f'<DT><A HREF="https://a.example/" TAGS="{written}">A</A>').tags == tags


def test_where_one_bookmark_has_commas_a_tag_may_hold_spaces_in_all() -> None:
    row = '<DT><A HREF="https://a.example/" TAGS="{}">A</A>\n'
    text = row.format("a,b") + row.format("haie vive")
    assert [item.tags for item in found(HEAD + text)] == [("a", "b"), ("haie vive",)]


def test_folders_become_tags_and_roots_do_not() -> None:
    text = """<DT><H3 FOLDED ADD_DATE="1">Barre de favoris</H3><DL><p>
<DT><H3>Jardin, potager</H3><DD>Ce qui pousse
<DL><p><DT><A HREF="https://a.example/">A</A>
<DT><H3>Haies</H3><DL><p><DT><A HREF="https://b.example/">B</A></DL><p>
<DT><A HREF="https://c.example/">C</A></DL><p></DL><p>
<DT><A HREF="https://d.example/">D</A>"""
    assert [(item.title, item.tags) for item in found(HEAD + "<DL><p>" + text)] == [
        ("A", ("Jardin, potager",)),
        ("B", ("Jardin, potager", "Haies")),
        ("C", ("Jardin, potager",)),
        ("D", ()),
    ]


def test_an_address_keeps_its_bare_ampersands() -> None:
    text = '<DT><A HREF="https://a.example/?a=1&copy=2&amp;b=3#!/x">R&amp;D &lt;canvas> &eacute;</A>'
    bookmark = only(text)
    assert bookmark.url == "https://a.example/?a=1&copy=2&b=3#!/x"
    assert bookmark.title == "R&D <canvas> é"


def test_a_note_keeps_its_lines_and_loses_its_elements() -> None:
    note = 'List:\n- one\n  - <b>two</b> &amp; <a href="https://b.example/">three</a>\n\nA "quote" </code>'
    bookmark = only(f'<DT><A HREF="https://a.example/">A</A>\n<DD>{note}\n</DL><p>')
    assert bookmark.description == 'List:\n- one\n  - two & three (https://b.example/)\n\nA "quote"'


def test_links_without_marks_between_them_are_bookmarks() -> None:
    text = (
        '<a href="https://a.example/" add_date="1456433741">A</a><br>\n<a href="https://b.example/">B</a>'
    )
    assert netscape.recognise(Source(text.encode())) == 0.6
    assert [(item.title, item.url) for item in found(text)] == [
        ("A", "https://a.example/"),
        ("B", "https://b.example/"),
    ]


def test_a_mark_that_two_chunks_share_is_found() -> None:
    row = '<DT><A HREF="https://a.example/{}">{}</A>\n'
    text = HEAD + "".join(row.format(number, "x" * 997) for number in range(3000))
    assert [item.url for item in found(text)] == [f"https://a.example/{number}" for number in range(3000)]


def test_a_file_without_bookmarks_says_so() -> None:
    assert list(netscape.read(Source(HEAD.encode()))) == [
        Problem("line 1", "no bookmarks were found in the file", skipped=False)
    ]
