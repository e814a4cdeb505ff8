"""Highlights in Markdown, as Obsidian and others keep them: quotes under a heading with a link (pure).

A heading that is a link, or that a link or an address follows, is a bookmark; a front matter with an
address makes one of the whole file. ``> …`` is a highlight, and the text behind it the note on it; under a
heading "Highlights" each bullet is one, with the bullets in it as notes. Text before the first highlight
is the description. In a list or a table that is no list of highlights each link is a bookmark by itself,
described by what stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from glane_indexer.importers.record import annotation, bookmark
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*$")
_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(<?(https?://(?:[^\s()<>]|\([^\s()]*\))+)>?[^)]*\)")
_BARE = re.compile(r"<?(https?://[^\s<>\"]+)>?")
_FIELD = re.compile(
    r"(?i)[-*]?\s*\**(url|source|link|source[_ ]url|reference|original|original[_ ]url|web|address|lien)\**"
    r"\s*::?\**\s*(.*)"
)
_LIST = re.compile(r"(?i)(?:highlights?|annotations?|surlignages?|extraits?|quotes?)\b.*")
_BULLET = re.compile(r"(\s*)[-*+]\s+(.*)")
BACK = re.compile(
    r"\s*\(?\[(?:⤴️|view highlight|open|link|location[^\]]*|[^\]]{0,3})\]\([^)]*\)\)?\s*$", re.IGNORECASE
)
# A link to where a page was read, beside which stands the link to the page.
_READER = re.compile(r"(?i)(?:read|open|view|edit) (?:on|in) \w+")
_FIELDS = re.compile(r"(?i)(?:tags?|mots-clés)\s*::?\s*(.*)")
_NOTE = re.compile(r"(?i)\**note\**\s*:\**\s*")
_HASHTAGS = re.compile(r"(?:#[^\s#]+\s*)+")
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*-->")
_COMMENTED = re.compile(r"(?i)<!--\s*tags:\s*((?:[^-]|-(?!->))*?)\s*-->")
_AROUND = " \t-–—:|,;([])"


@dataclass(slots=True)
class _Page:
    """A bookmark while its lines are read."""

    where: str
    title: str = ""
    url: str = ""
    reader: str = ""
    tags: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    highlights: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def finished(self) -> Iterator[Imported]:
        """The bookmark, where the page has an address or highlights."""
        kept = [annotation(BACK.sub("", _joined(text)), _note(note)) for text, note in self.highlights]
        url = self.url or self.reader
        if url or any(kept):
            yield from bookmark(
                self.where,
                url=url,
                title=self.title,
                description=_joined(self.text),
                tags=self.tags,
                annotations=kept,
            )


def recognise(source: Source) -> float:
    """Whether there are links or quotes in the way of Markdown, and no other format's signs."""
    head = source.head.lstrip("\ufeff \n\r\t")
    if head[:1] in ("<", "{", "["):
        return 0.7 if _LINK.match(head) else 0.0
    lines = head[:50_000].splitlines()
    quotes = sum(line.startswith(">") for line in lines)
    headings = sum(bool(_HEADING.match(line)) for line in lines)
    links = sum(bool(_LINK.search(line)) for line in lines)
    fields = sum(bool((found := _FIELD.match(line)) and _BARE.search(found[2])) for line in lines[:40])
    if (headings or fields) and (links or fields):
        return 0.7 if quotes or fields or headings else 0.5
    bullets = sum(
        bool((found := _BULLET.match(line)) and (_LINK.match(found[2]) or _BARE.match(found[2])))
        for line in lines
    )
    # A list of bare addresses is one of addresses, also where each stands behind a bullet.
    bullets *= bool(links)
    return 0.6 if bullets * 2 > len([line for line in lines if line.strip()]) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages with their highlights."""
    reader = _Reader(_Page("line 1", _stem(source.name)))
    found = 0
    for number, line in source.lines():
        for item in reader.take(number, line.rstrip().lstrip("\ufeff")):
            found += 1
            yield item
    for item in reader.page.finished():
        found += 1
        yield item
    if not found:
        yield Problem("line 1", "no page with an address or a quote was found")


class _Reader:
    """The page that is read, and what the next line may belong to."""

    def __init__(self, page: _Page) -> None:
        self.page = page
        # Whether the lines are front matter, items of highlights, facts about the page, a quote; and
        # whether the highlights of the page are quotes, so that items are notes on them.
        self.matter = self.in_list = self.aside = self.open_quote = self.by_quotes = False
        self.tagging = self.given = False

    def take(self, number: int, line: str) -> Iterator[Imported]:
        """The bookmarks that a line completes or is."""
        quoted, self.open_quote = self.open_quote, False
        if line == "---" and (number == 1 or self.matter):
            self.matter = number == 1
        elif self.matter:
            self._fact(line)
        elif heading := _HEADING.match(line):
            yield from self._heading(f"line {number}", heading[1])
        elif line.startswith(">"):
            if not quoted:
                self.page.highlights.append(([], []))
            self.page.highlights[-1][0].append(line[1:].removeprefix(" "))
            self.open_quote = self.by_quotes = True
        elif self._field(line):
            pass
        elif (bullet := _BULLET.match(line)) or line.startswith("|"):
            yield from self._item(
                f"line {number}", bullet[2] if bullet else line, bullet[1] if bullet else ""
            )
        elif self.page.highlights:
            if line.strip():
                self.page.highlights[-1][1].append(line)
        else:
            self._prose(line)

    def _heading(self, where: str, heading: str) -> Iterator[Imported]:
        link, listed = _LINK.search(heading), bool(_LIST.fullmatch(heading))
        self.in_list = listed or (self.in_list and not link)
        self.aside = _is_part(heading)
        if link or (self.page.url and not self.in_list and not self.aside):
            for item in self.page.finished():
                self.given = True
                yield item
            self.page = _Page(where, heading, tags=[] if self.given else list(self.page.tags))
            self.by_quotes = False
        if link:
            self.page.title, self.page.url = link[1], link[2]
        elif not self.in_list and not self.aside:
            self.page.title, self.page.where = heading, where

    def _field(self, line: str) -> bool:
        """Take a line that is a fact about the page; whether it is one."""
        tags = _FIELDS.match(line.lstrip("-* "))
        if found := _FIELD.match(line):
            address = _BARE.search(found[2])
            self.page.url = self.page.url or (address[1].rstrip(")") if address else "")
        elif tags:
            self.page.tags += re.split(r"[,\s]+", tags[1].strip("[]"))
        return bool(found or tags)

    def _fact(self, line: str) -> None:
        """Take a line of the front matter."""
        bullet = _BULLET.match(line)
        if self.tagging and bullet:
            self.page.tags.append(bullet[2].strip(" \"'"))
            return
        self.tagging = bool(re.fullmatch(r"(?i)(?:tags?|mots-clés)\s*:\s*", line))
        if not self._field(line) and line.lower().startswith("title:"):
            self.page.title = line[6:].strip(" \"'|>") or self.page.title

    def _item(self, where: str, text: str, indent: str) -> Iterator[Imported]:
        links = _LINK.findall(text) or [("", found) for found in _BARE.findall(text)]
        if self.in_list and not indent and not self.by_quotes:
            self.page.highlights.append(([text], []))
        elif self.page.highlights:
            self.page.highlights[-1][1].append(text)
        elif links and not self.aside:
            self.given = True
            # buku and others write tags as a comment.
            named = _COMMENTED.search(text)
            beside = _BARE.sub("", _LINK.sub("", _COMMENT.sub("", text))).strip(_AROUND)
            tags = [*self.page.tags, *(named[1].split(",") if named else ())]
            for title, url in links:
                yield from bookmark(where, url=url, title=title, description=beside, tags=tags)
        elif not self.aside:
            self.page.text.append(text)

    def _prose(self, line: str) -> None:
        if line.startswith("!["):
            return
        if _HASHTAGS.fullmatch(line):
            self.page.tags += [tag.removeprefix("#") for tag in line.split()]
            return
        link = _LINK.fullmatch(line.strip()) or (None if self.page.url else _LINK.search(line))
        address = None if link or self.page.url else _BARE.match(line)
        if link and _READER.fullmatch(link[1]):
            self.page.reader = self.page.reader or link[2]
        elif (link or address) and not self.page.url:
            self.page.url = link[2] if link else address[1] if address else ""
        elif not self.aside and (line.strip() or self.page.text):
            self.page.text.append(line)


def _is_part(heading: str) -> bool:
    return heading.strip().lower() in ("metadata", "notes", "note", "summary", "résumé", "métadonnées")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _note(lines: list[str]) -> str:
    return "\n".join(_NOTE.sub("", line.strip(), count=1) for line in lines).strip()


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
