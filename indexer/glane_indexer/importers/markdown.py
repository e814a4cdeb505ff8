"""Highlights in Markdown, as Obsidian and others keep them: quotes under a heading with a link (pure).

A heading that is a link, or that a link or an address follows, is a bookmark; a front matter with an
address makes one of the whole file. ``> …`` is a highlight, and the text behind it the note on it; under a
heading "Highlights" each bullet is one, with the bullets in it as notes. A bullet that is only a link is
a bookmark by itself.
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
_BARE = re.compile(r"<?(https?://[^\s<>]+)>?")
_FIELD = re.compile(r"(?i)[-*]?\s*\**(url|source|link|source_url|web|address|lien)\**\s*:\**\s*(.*)")
_LIST = re.compile(r"(?i)(?:highlights?|annotations?|surlignages?|extraits?|quotes?)\b.*")
_BULLET = re.compile(r"(\s*)[-*+]\s+(.*)")
_BACK = re.compile(
    r"\s*\(?\[(?:⤴️|view highlight|open|link|location[^\]]*|[^\]]{0,3})\]\([^)]*\)\)?\s*$", re.IGNORECASE
)
_TAGS = re.compile(r"(?<!\S)#([\w/-]+)")
_FIELDS = re.compile(r"(?i)(?:tags?|mots-clés)\s*:\s*(.*)")
_NOTE = re.compile(r"(?i)\**note\**\s*:\**\s*")


@dataclass(slots=True)
class _Page:
    """A bookmark while its lines are read."""

    where: str
    title: str = ""
    url: str = ""
    tags: list[str] = field(default_factory=list)
    highlights: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def finished(self) -> Iterator[Imported]:
        """The bookmark, where the page has an address or highlights."""
        kept = [annotation(_BACK.sub("", _joined(text)), _note(note)) for text, note in self.highlights]
        if self.url or any(kept):
            yield from bookmark(
                self.where, url=self.url, title=self.title, tags=self.tags, annotations=kept
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
    bullets = sum(bool((found := _BULLET.match(line)) and _LINK.match(found[2])) for line in lines)
    return 0.6 if bullets * 2 > len([line for line in lines if line.strip()]) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages with their highlights."""
    page, found = _Page("line 1", _stem(source.name)), 0
    in_list = matter = open_quote = False
    for number, raw in source.lines():
        line = raw.rstrip().lstrip("\ufeff")
        if line == "---" and (number == 1 or matter):
            matter = number == 1
            continue
        heading = None if matter else _HEADING.match(line)
        if heading:
            link = _LINK.search(heading[1])
            in_list = bool(_LIST.fullmatch(heading[1])) or (in_list and not link)
            if link or (page.url and not in_list and not _is_part(heading[1])):
                for item in page.finished():
                    found += 1
                    yield item
                page = _Page(f"line {number}", heading[1], tags=list(page.tags) if not found else [])
            if link:
                page.title, page.url = link[1], link[2]
            elif not in_list and not _is_part(heading[1]):
                page.title, page.where = heading[1], f"line {number}"
            open_quote = False
        elif line.startswith(">"):
            if not open_quote:
                page.highlights.append(([], []))
            page.highlights[-1][0].append(line[1:].removeprefix(" "))
            open_quote = True
        elif field_ := _FIELD.match(line):
            address = _BARE.search(field_[2])
            page.url = page.url or (address[1] if address else "")
            open_quote = False
        elif tags := _FIELDS.match(line.lstrip("-* ")):
            page.tags += re.split(r"[,\s]+", tags[1].strip("[]"))
        elif matter and line.lower().startswith("title:"):
            page.title = line[6:].strip(" \"'")
        elif not matter:
            bullet = _BULLET.match(line)
            alone = _LINK.fullmatch(bullet[2]) if bullet else None
            if alone and not in_list:
                found += 1
                yield from bookmark(f"line {number}", url=alone[2], title=alone[1], tags=page.tags)
            elif bullet and in_list and not bullet[1]:
                page.highlights.append(([bullet[2]], []))
            elif page.highlights and line.strip():
                page.highlights[-1][1].append(bullet[2] if bullet else line)
            elif line.strip() and not page.url and (address := _LINK.search(line) or _BARE.match(line)):
                page.url = address[2] if address.re is _LINK else address[1]
            open_quote = False
    for item in page.finished():
        found += 1
        yield item
    if not found:
        yield Problem("line 1", "no page with an address or a quote was found")


def quotes(text: str) -> Iterator[tuple[str, str]]:
    """The quotes of a text, each with what is written behind it."""
    page = _Page("")
    open_quote = False
    for line in text.splitlines():
        if line.startswith(">"):
            if not open_quote:
                page.highlights.append(([], []))
            page.highlights[-1][0].append(line[1:].removeprefix(" "))
        elif page.highlights and line.strip():
            page.highlights[-1][1].append(line)
        open_quote = line.startswith(">")
    for quoted, note in page.highlights:
        yield _BACK.sub("", _joined(quoted)), _note(note)


def _is_part(heading: str) -> bool:
    return heading.strip().lower() in ("metadata", "notes", "note", "summary", "résumé", "métadonnées")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _note(lines: list[str]) -> str:
    return "\n".join(_NOTE.sub("", line.strip(), count=1) for line in lines).strip()


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
