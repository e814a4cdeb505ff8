"""What a file holds and no bookmark of it does: addresses that a reader has passed by (pure).

A second look at the file that knows nothing of its format: every http(s) address in it is searched for
and compared with what was kept, whether as a bookmark's address or in one of its texts. Exports also
hold addresses that no bookmark is to have: icons, covers, a service's own page of a highlight. They are
told by their place, the name of the field, attribute or column where they stand: where hardly any
address of a place became a bookmark's, none of that place is missed.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from glane_indexer.importers import generic_csv
from glane_indexer.importers.clean import clean_line
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, rows
from glane_indexer.models import Bookmark, Problem

# As it is written: JSON escapes slashes and letters.
_URL = re.compile(r"https?:(?:\\?/){2}(?:[^\s\"'<>\\]|\\/|\\u[0-9a-f]{4})+", re.IGNORECASE)
_PLACE = re.compile(
    r"""(?:"([^"\\]{1,40})"\s*:\s*"|([\w:-]{1,40})\s*=\s*["']*|<([\w:]{1,40})[^<>]*>\s*"""
    # In Markdown: a field, an image, and the way back from a quote to where it was read.
    r"""|(?:^|\n)[ \t*-]*([\w ]{1,30})::?\s*"?|(!)\[[^\]]{0,60}\]\("""
    r"""|\[(read on|read in|view highlight|open|link|location|⤴️)[^\]]{0,20}\]\()$""",
    re.IGNORECASE,
)
# How much of what stands before an address may name its place.
_BEFORE = 80
# Where addresses of bookmarks stand, so much of them at least became bookmarks'.
_SHARE = 0.2
_ENDS = ".,;:!?)]}*_`|\\"
_UNESCAPED = 3
# So many cells without a blank in them may follow an address.
_CELLS = 30


@dataclass(slots=True)
class Kept:
    """The addresses that bookmarks have, and those that their texts speak of."""

    addresses: set[int] = field(default_factory=set)
    mentioned: set[int] = field(default_factory=set)

    def take(self, bookmark: Bookmark) -> None:
        """Note what a bookmark holds."""
        self.addresses.update(map(hash, _urls(bookmark.url)))
        texts = [bookmark.title, bookmark.description, *bookmark.tags]
        texts += [text for note in bookmark.annotations for text in (note.text, note.note)]
        for text in texts:
            if "://" in text:
                self.mentioned.update(map(hash, _urls(text)))

    def knows(self, key: int) -> bool:
        """Whether an address is a bookmark's or spoken of, by its hash."""
        return key in self.addresses or key in self.mentioned


def left_behind(source: Source, kept: Kept) -> Iterator[Problem]:
    """A problem where addresses of the text are in no bookmark, with the line of the first of them."""
    missed = dict[int, tuple[int, str, str]]()
    taken, total, seen = Counter[str](), Counter[str](), set[int]()
    for line, place, url in _addresses(source):
        key = next((key for key in map(hash, _forms(url)) if kept.knows(key)), hash(url))
        if key not in seen:
            seen.add(key)
            total[place] += 1
            taken[place] += key in kept.addresses
            if not kept.knows(key):
                missed[key] = (line, place, url)
    if missed and generic_csv.recognise(source):
        for column, key in set(_columns(source)):
            total[column] += 1
            taken[column] += key in kept.addresses
            if key in missed:
                missed[key] = (missed[key][0], column, missed[key][2])
    # Where no address at all became a bookmark's, no place tells.
    found = sorted(
        (line, url)
        for line, place, url in missed.values()
        if taken[place] > total[place] * _SHARE or not kept.addresses
    )
    if found:
        line, url = found[0]
        many = f"{len(found):,} addresses of this file were" if len(found) > 1 else "an address was"
        first = "the first is" if len(found) > 1 else "it is"
        yield Problem(f"line {line}", f"{many} not read; {first} {url[:120]}", skipped=False)


def _addresses(source: Source) -> Iterator[tuple[int, str, str]]:
    """Each address as it is meant, with its line and the name of its place."""
    line, start, text = 1, 0, ""
    for chunk in chain(source.chunks(), [""]):
        text += chunk
        # No address goes on behind one of these.
        end = max(text.rfind(mark) for mark in ' \n">') + 1 if chunk else len(text)
        for found in _URL.finditer(text, start, max(start, end)):
            line += text.count("\n", start, found.start())
            start = found.start()
            place = _PLACE.search(text[max(0, start - _BEFORE) : start])
            yield line, place[place.lastindex or 0] if place else "", _meant(found[0])
        line += text.count("\n", start, max(start, end))
        before = max(0, max(start, end) - _BEFORE)
        start, text = max(start, end) - before, text[before:]


def _forms(url: str) -> Iterator[str]:
    """An address, and what it is if the next cells of a table are no part of it."""
    yield url
    for _ in range(_CELLS):
        end = max(url.rfind(separator) for separator in ",;|]")
        if end < 0:
            return
        url = url[:end].rstrip(_ENDS)
        yield url


def _columns(source: Source) -> Iterator[tuple[str, int]]:
    """The addresses in the cells of a table, each with the name of its column."""
    for row in rows(source):
        if isinstance(row, Row):
            for name, cell in row.cells.items():
                if "://" in cell:
                    yield from ((f"column {name}", hash(url)) for url in _urls(cell))


def _urls(text: str) -> Iterator[str]:
    return (_meant(found[0]) for found in _URL.finditer(text))


def _meant(written: str) -> str:
    """An address without what a format or a sentence adds to it."""
    url = written
    if "\\" in url:
        try:
            url = str(json.loads(f'"{url}"'))
        except ValueError:
            url = url.replace("\\/", "/")
    for _ in range(_UNESCAPED):
        if "&" not in url or (plain := html.unescape(url)) == url:
            break
        url = plain
    return (url if url.isascii() else clean_line(url)).rstrip(_ENDS)
