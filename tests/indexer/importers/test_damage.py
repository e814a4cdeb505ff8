"""Damaged files: never a crash or a hang, and what stands before the damage is kept."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from glane_indexer.errors import GlaneError, InputError
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Missing, Problem
from tests.indexer.importers.test_formats import FORMAT_OF, TEXTS, source
from tests.support.mutations import mutated

FIXTURES = Path(__file__).parent / "fixtures"
# All 2,000 of each: `python -m benchmarks.importing --mutations 2000`.
MUTATIONS = 40
SECONDS = 5


def bookmarks(content: bytes, format: str) -> list[Bookmark]:
    try:
        items = list(read(Source(content, "damaged"), format)[1])
    except GlaneError:
        return []
    assert all(isinstance(item, (Bookmark, Problem, Missing)) for item in items)
    return [item for item in items if isinstance(item, Bookmark)]


@pytest.mark.parametrize("name", FORMAT_OF)
def test_a_damaged_file_is_read_or_refused(name: str) -> None:
    content = bytes(source(name).content)
    for seed in range(MUTATIONS):
        damaged = mutated(content, seed)
        started = time.process_time()
        bookmarks(damaged, FORMAT_OF[name])
        bookmarks(damaged, "auto")
        assert time.process_time() - started < SECONDS, seed


@pytest.mark.parametrize("name", ["uu", "hex", "undefined", "unicode_escape", "no-such"])
def test_an_encoding_that_is_none_of_text_is_not_believed(name: str) -> None:
    post = '<post href="https://a.example/" description="\xe9"/>'
    text = f'<?xml version="1.0" encoding="{name}"?><posts>{post}</posts>'
    assert [item.title for item in bookmarks(text.encode("cp1252"), "pinboard-xml")] == ["é"]


def test_an_archive_of_a_version_that_nobody_knows_is_refused() -> None:
    content = bytearray(source("pocket.zip").content)
    # The version that is needed to extract, in the first entry of the directory.
    content[content.index(b"PK\x01\x02") + 6] = 196
    with pytest.raises(InputError, match="the archive is damaged: zip file version"):
        read(Source(bytes(content), "pocket.zip"))


def many(name: str, count: int = 20) -> tuple[bytes, list[str]]:
    """A file of the shape of a fixture with ``count`` bookmarks, and their urls."""
    urls = [f"https://pages.example/{number}" for number in range(count)]
    if name == "firefox.html":
        head, tail = b"<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n", b"</DL>\n"
        rows = [f'<DT><A HREF="{url}" ADD_DATE="1456433741">Title {url}</A>\n'.encode() for url in urls]
        return head + b"".join(rows) + tail, urls
    if name == "pocket.csv":
        rows = [f'"A, {url}",{url},1600322788,a|b,unread\n'.encode() for url in urls]
        return b"title,url,time_added,tags,status\n" + b"".join(rows), urls
    if name == "pinboard.json":
        first = json.loads((FIXTURES / name).read_bytes())[0]
        return json.dumps([{**first, "href": url} for url in urls]).encode(), urls
    if name == "chrome.json":
        nodes = [{"name": url, "type": "url", "url": url, "date_added": "0"} for url in urls]
        roots = {"bookmark_bar": {"children": nodes}, "other": {"children": []}, "synced": {"children": []}}
        return json.dumps({"roots": roots}).encode(), urls
    if name == "pinboard.xml":
        rows = [f'<post href="{url}" description="T" shared="yes"/>\n'.encode() for url in urls]
        return b"<posts>\n" + b"".join(rows) + b"</posts>", urls
    document = json.loads((FIXTURES / name).read_bytes())
    first = document["results"][0]
    return json.dumps({"results": [{**first, "source_url": url} for url in urls]}).encode(), urls


@pytest.mark.parametrize(
    "name",
    ["firefox.html", "pocket.csv", "pinboard.json", "chrome.json", "pinboard.xml", "readwise-export.json"],
)
def test_what_stands_before_the_cut_is_kept(name: str) -> None:
    content, urls = many(name)
    format = TEXTS[name][0]
    assert [item.url for item in bookmarks(content, format)] == urls
    for place in range(len(content) // 2, len(content), 37):
        # The last that is whole; what is cut may be kept in part.
        whole = sum(content.find(f"{url}".encode()) + 220 < place for url in urls)
        kept = [item.url for item in bookmarks(content[:place], format)]
        assert kept[: min(whole, 18)] == urls[: min(whole, 18)], place


@pytest.mark.parametrize("name", ["firefox.html", "pinboard.json", "readwise-export.json"])
def test_a_damage_in_the_middle_costs_what_it_hits(name: str) -> None:
    content, urls = many(name)
    place = content.find(urls[9].encode())
    damaged = content[:place] + b'"<<{{' + content[place + 5 :]
    items = list(read(Source(damaged, "damaged"), TEXTS[name][0])[1])
    kept = [item.url for item in items if isinstance(item, Bookmark)]
    assert [url for url in kept if url in urls] == [url for url in urls if url != urls[9]]
    if name != "firefox.html":
        assert any("damaged" in item.message for item in items if isinstance(item, Problem))


def test_an_element_that_is_never_closed_costs_one_bookmark() -> None:
    head = '<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="https://a.example/">A</A>\n'
    for title in ("The <script> tag", "A <!-- comment", 'A "quotation', "<textarea>", "<![CDATA["):
        text = f'{head}<DT><A HREF="https://b.example/">{title}</A>\n<DT><A HREF="https://c.example/">C</A></DL>'
        found = bookmarks(text.encode(), "netscape")
        assert [(item.title, item.url) for item in found] == [
            ("A", "https://a.example/"),
            (title, "https://b.example/"),
            ("C", "https://c.example/"),
        ]
    open_value = f'{head}<DT><A HREF="https://b.example/>B</A>\n<DT><A HREF="https://c.example/">C</A></DL>'
    assert [item.url for item in bookmarks(open_value.encode(), "netscape")][::2] == [
        "https://a.example/",
        "https://c.example/",
    ]
