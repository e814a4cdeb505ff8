"""Real exports, read where they lie: as many bookmarks and highlights as another way of counting finds."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glane_indexer.importers.clean import unescape
from glane_indexer.importers.registry import read
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Missing, Problem

DATA = Path(__file__).parents[4] / "shared/data"
FIXTURES = Path(__file__).parent / "fixtures"
# Ours stand beside them, so that the counting is tried where theirs are not.
FILES = [
    ("netscape", FIXTURES / "linkding.html"),
    ("pocket", FIXTURES / "pocket.csv"),
    *((path.parent.name, path) for path in sorted(DATA.glob("exports/*/*")) if path.suffix != ".md"),
]
PAGE = DATA / "diigo/tic-travail-metier.txt"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def leaves(node: Any, key: str) -> list[str]:
    """All values of a key in a tree."""
    if isinstance(node, list):
        return [found for item in node for found in leaves(item, key)]
    if isinstance(node, dict):
        own = [node[key]] if isinstance(node.get(key), str) else []
        return own + [found for item in node.values() for found in leaves(item, key)]
    return []


def hrefs(text: str) -> list[str]:
    found = re.findall(r'<a[^>]*?\shref="([^"]*)"', text, re.IGNORECASE)
    return [unescape(url) for url in found if not url.startswith("place:")]


URLS: dict[str, Callable[[str], list[str]]] = {
    "chrome-json": lambda text: leaves(json.loads(text), "url"),
    "delicious-json": lambda text: leaves(json.loads(text), "url"),
    "diigo-csv": lambda text: [cells[1] for cells in csv.reader(io.StringIO(text)) if cells[1] != "url"],
    "diigo-json": lambda text: leaves(json.loads(text), "url"),
    "hypothesis": lambda text: leaves(json.loads(text), "uri"),
    "instapaper": lambda text: [row["URL"] for row in rows(text)],
    "netscape": hrefs,
    "omnivore": lambda text: leaves(json.loads(text), "url"),
    "pinboard": lambda text: leaves(json.loads(text), "href"),
    "pocket": lambda text: hrefs(text) if "<html" in text else [row["url"] for row in rows(text)],
    "readability": lambda text: leaves(json.loads(text), "article__url"),
    "readwise": lambda text: ["" for _ in rows(text)],
    "wallabag": lambda text: leaves(json.loads(text), "url"),
}
QUOTES: dict[str, Callable[[str], list[str]]] = {
    "diigo-csv": lambda text: [
        block
        for cells in csv.reader(io.StringIO(text))
        for block in re.findall(r"^Highlight:(.*)", cells[5], re.MULTILINE)
    ],
    "diigo-json": lambda text: [
        note["content"] for item in json.loads(text) for note in item["annotations"]
    ],
    "hypothesis": lambda text: leaves(json.loads(text), "exact"),
    "readwise": lambda text: [row["Highlight"] for row in rows(text)],
}


def plain(text: str) -> str:
    """Letters and digits only, without markup: what no reader may lose."""
    return re.sub(r"\W+", "", unescape(re.sub(r"<[^<>]*>", "", text)))


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[f"{kind}/{path.name}" for kind, path in FILES])
def test_an_export_is_taken_with_every_address_and_quote(kind: str, path: Path) -> None:
    text = path.read_bytes().decode("utf-8-sig")
    if "scuttle" in path.name:
        # The file was encoded twice; the addresses are plain.
        assert "Ã¶" in text
    format, found = read(Source(path.read_bytes(), path.name))
    items = list(found)
    bookmarks = [item for item in items if isinstance(item, Bookmark)]
    assert format.split("-")[0] == kind.split("-")[0]
    assert sorted(item.url for item in bookmarks) == sorted(URLS[kind](text))
    quoted = "\n".join(plain(annotation.text) for item in bookmarks for annotation in item.annotations)
    wanted = QUOTES.get(kind, lambda _: [])(text)
    for quote in wanted:
        assert plain(quote) in quoted
    for item in items:
        if isinstance(item, Problem):
            assert not item.skipped or "place:" in item.message


def test_the_saved_group_page_is_taken_whole() -> None:
    if not PAGE.exists():
        return
    text = PAGE.read_text("utf-8")
    format, found = read(Source(PAGE.read_bytes(), PAGE.name))
    items = list(found)
    bookmarks = [item for item in items if isinstance(item, Bookmark)]
    assert format == "diigo-text"
    titled = [line for line in text.splitlines() if re.search(r" - \d+ views?$", line)]
    assert len(bookmarks) == len(titled) == 19
    # The page says "1 - 20 of 112" and holds nineteen.
    assert [item for item in items if not isinstance(item, Bookmark)] == [Missing("line 249", bookmarks=1)]
    bullets = [line[3:].strip() for line in text.splitlines() if line.strip().startswith("•")]
    shown = "\n".join(plain(note.text) for item in bookmarks for note in item.annotations)
    for bullet in bullets:
        assert "more annotations" in bullet or plain(bullet) in shown
