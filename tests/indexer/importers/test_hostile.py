"""Files that are made to do harm are refused with what is wrong with them, in little memory."""

from __future__ import annotations

import io
import plistlib
import tracemalloc
import zipfile

import pytest

from glane_indexer.errors import InputError
from glane_indexer.importers import archive, source
from glane_indexer.importers.limits import MAX_TAG
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem
from tests.support import packed

LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE opml [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>
<opml><body><outline text="&c;" url="https://a.example/"/></body></opml>"""
EXTERNAL = """<?xml version="1.0"?>
<!DOCTYPE posts [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<posts><post href="https://a.example/" description="&x;"/></posts>"""
FEED = """<?xml version="1.0"?>
<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>&x;</title><link>https://a.example/</link></item></channel></rss>"""


def items(content: bytes, name: str = "hostile", format: str = "auto") -> list[Imported]:
    return list(read(Source(content, name), format)[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "the XML defines entities or names other documents"),
        (EXTERNAL, "the XML defines entities or names other documents"),
        (FEED, "the feed defines entities"),
        ("<opml>" + "<outline>" * 100_000, "elements are nested more than 500 deep"),
    ],
    ids=["billion laughs", "an external entity", "a feed with an entity", "100,000 nested elements"],
)
def test_hostile_xml_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        items(text.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"results":' * 100_000,
        b'[{"href": "https://a.example/", "description": ' + b"[" * 100_000,
        b'{"roots": {"bookmark_bar": {"children": [' + b'{"children": [' * 100_000,
    ],
    ids=["lists", "objects", "in a record", "folders"],
)
@pytest.mark.parametrize("format", ["auto", "pinboard", "chrome", "readwise-json", "csl-json"])
def test_json_that_is_nested_too_deeply_is_refused_or_told(content: bytes, format: str) -> None:
    try:
        found = items(content, format=format)
    except InputError:
        return
    assert not [
        item for item in found if isinstance(item, Bookmark) and item.url not in ("", "https://a.example/")
    ]


def test_a_hundred_thousand_nested_folders_are_read_in_time() -> None:
    text = "<!DOCTYPE NETSCAPE-Bookmark-file-1>" + "<DL><DT><H3>F</H3>" * 100_000
    found = items((text + '<DL><DT><A HREF="https://a.example/">A</A>').encode())
    assert [item.url for item in found if isinstance(item, Bookmark)] == ["https://a.example/"]
    page = '<html><title>Diigo</title><div id="item_0">' + "<div>" * 100_000 + "- 3 views"
    with pytest.raises(InputError, match="elements are nested more than 10,000 deep"):
        items(page.encode())
    assert items(b"<p>" * 100_000 + b"</a>", format="pocket-html") == []


def test_a_zip_that_unpacks_to_hundreds_of_times_its_size_is_refused() -> None:
    content = packed.zipped({"part_000000.csv": b"title,url,time_added\n" + b" " * (20 << 20)})
    tracemalloc.start()
    with pytest.raises(InputError, match=r"unpacks to more than any export holds \(part_000000\.csv\)"):
        items(content, "bomb.zip")
    assert tracemalloc.get_traced_memory()[1] < 5 << 20
    tracemalloc.stop()


def test_a_zip_that_says_less_than_it_unpacks_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 1000)
    with pytest.raises(InputError, match="unpacks to more than any export holds"):
        items(packed.zipped({"part_0.csv": b"title,url,time_added\n" + b"x" * 2000}), "bomb.zip")


@pytest.mark.parametrize(
    "name", ["../part_0.csv", "/etc/part_0.csv", "a/../../part_0.csv", "..\\part_0.csv"]
)
def test_a_zip_that_leads_outside_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="names a file outside of itself"):
        items(packed.zipped({name: b"title,url,time_added\n"}), "outside.zip")


def test_a_damaged_and_an_encrypted_zip_are_refused() -> None:
    content = packed.pocket_zip()
    with pytest.raises(InputError, match="the archive is damaged"):
        items(content[:200], "half.zip")
    flagged = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := flagged.find(mark, place + 1)) >= 0:
            flagged[place + offset] |= 1
    assert zipfile.ZipFile(io.BytesIO(bytes(flagged))).infolist()[0].flag_bits & 1
    with pytest.raises(InputError, match="the archive is encrypted"):
        items(bytes(flagged), "secret.zip")


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON moz_places BEGIN DELETE FROM moz_bookmarks; END", "trigger 't'"),
        ("CREATE VIEW v AS SELECT * FROM moz_places", "view 'v'"),
    ],
)
def test_a_database_with_a_trigger_or_a_view_is_refused(statement: str, kind: str) -> None:
    name, _, quoted = kind.partition(" ")
    with pytest.raises(InputError, match=rf"the database holds a {name} \({quoted}\)"):
        items(packed.places(statement), "places.sqlite")


def test_a_database_that_is_not_firefox_s_or_is_damaged_is_refused() -> None:
    for content in (
        packed.places("DROP TABLE moz_places"),
        packed.places()[:3000],
        b"SQLite format 3\0" + b"x" * 9999,
    ):
        with pytest.raises(InputError, match="the database is damaged or is not Firefox's"):
            items(content, "places.sqlite")


def test_a_backup_that_says_it_is_huge_is_refused() -> None:
    huge = packed.firefox_jsonlz4()[:8] + (1 << 31).to_bytes(4, "little") + packed.firefox_jsonlz4()[12:]
    with pytest.raises(InputError, match="unpacks to 2,147 MB, more than any does"):
        items(huge, "b.jsonlz4")
    with pytest.raises(InputError, match="the backup is damaged"):
        items(packed.firefox_jsonlz4()[:40], "b.jsonlz4")


@pytest.mark.parametrize("format", ["jsonl", "urls", "kindle", "diigo-text"])
def test_a_line_longer_than_any_record_is_refused(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    monkeypatch.setattr(source, "MAX_LINE", 1 << 20)
    with pytest.raises(InputError, match=r"long: line 1: the line is longer than 1 MB"):
        items(b"x" * (3 << 20), "long", format)


@pytest.mark.parametrize(
    "format", ["pinboard", "opml", "zotero-rdf", "pocket-html", "diigo-html", "chrome", "feed"]
)
def test_a_text_larger_than_is_read_at_a_time_is_refused(
    monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.setattr(source, "MAX_TEXT", 1 << 20)
    if format in ("opml", "zotero-rdf"):
        return  # read element by element
    with pytest.raises(InputError, match=r"the file has 2 MB, and at most 1 MB of this format are read"):
        items(b"<" * (2 << 20), "large", format)


def test_a_table_without_line_ends_is_read_in_its_window() -> None:
    content = b'title,url\n"never closed ' + b"x" * (20 << 20)
    problem, *_ = items(content, format="csv")
    assert isinstance(problem, Problem)
    assert "never closed" in problem.message


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b'<!DOCTYPE NETSCAPE-Bookmark-file-1><DT><A HREF="', "a bookmark is longer than 16 MB"),
        (b"<opml>", "a text is longer than 16 MB"),
        (b'<opml a="', "a tag is longer than 16 MB"),
    ],
    ids=["a bookmark", "a text of XML", "a tag of XML"],
)
def test_what_never_ends_is_refused(start: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        items(start + b"x" * (20 << 20))


def test_a_tag_that_is_a_text_is_cut_and_told() -> None:
    bookmark, problem = items(
        b'{"title": "T", "url": "https://a.example/", "tags": ["' + b"x" * 50_000 + b'"]}'
    )
    assert isinstance(bookmark, Bookmark)
    assert bookmark.tags == ("x" * MAX_TAG,)
    assert problem == Problem(
        "https://a.example/", "a tag of 50,000 characters is cut to 256", skipped=False
    )


def test_a_bookmark_may_have_a_hundred_thousand_annotations() -> None:
    rows = "".join(f"Highlight number {number},A,,\n" for number in range(100_000))
    header = "Highlight,Book Title,Book Author,Note\n"
    (bookmark,) = items((header + rows).encode())
    assert isinstance(bookmark, Bookmark)
    assert len(bookmark.annotations) == 100_000


def test_a_property_list_that_holds_itself_is_read_once() -> None:
    # 60 levels of two references to one object: walked blindly, 2 ** 60 bookmarks.
    node: dict[str, object] = {"URLString": "https://a.example/", "WebBookmarkType": "WebBookmarkTypeLeaf"}
    for _ in range(60):
        node = {"Children": [node, node]}
    content = plistlib.dumps(node, fmt=plistlib.FMT_BINARY)
    assert len(list(read(Source(content, "Bookmarks.plist"))[1])) == 1


def test_a_property_list_that_defines_entities_is_refused() -> None:
    content = b"""<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "haha">]>
<plist version="1.0"><dict><key>WebBookmarkType</key><string>&a;</string></dict></plist>"""
    with pytest.raises(InputError, match="the property list is damaged: XML entity declarations"):
        list(read(Source(content, "Bookmarks.plist"))[1])


def test_a_property_list_in_an_encoding_that_is_none_is_refused() -> None:
    content = packed.safari_xml().replace(b'encoding="UTF-8"', b'encoding="ZTF-8"')
    with pytest.raises(InputError, match="the property list is damaged: unknown encoding: ZTF-8"):
        list(read(Source(content, "Bookmarks.plist"))[1])
