"""The saved text of a Diigo group library page (pure).

An item is its contributor, its title with "- N views", and bullets: highlights, and after an empty
bullet the description, usually in quotation marks. A line "...42 more annotations..." stands where
the page had folded its highlights; those that it counts follow it, or are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from glane_indexer.importers.clean import clean_line, clean_tags, clean_text, unquoted
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem

_VIEWS = re.compile(r"[-–] (?P<views>[\d., ]*\d) views?$")
# Only the end of a line is searched for its views: a line may be very long.
_VIEWS_CHARS = 40
_FOLD = re.compile(r"^\.{3}\s*(\d+) more annotations?\s*\.{3}$", re.IGNORECASE)
_RANGE = re.compile(r"^(\d+) [-–] (\d+) of (\d+)\b")
_CHROME_WORDS = "all|bookmarks|topics|simple|middle|full|relevance|date"
_CHROME = re.compile(
    rf"""^(?: skip\ to\ main\ content | home\s*/.* | group\ items\ (?:matching|tagged).*
        | (?:in\ )?title,\ tags,\ annotations\ or\ url | sort\ by:.* | filter:.*
        | \d+\ [-–]\ \d+\ of\ \d+.* | showing\ \d+\ items\ per\ page.*
        | (?:[\d\s‹›«»]|next|previous|first|last)+
        | (?:{_CHROME_WORDS}|\|)(?:[\s|]+(?:{_CHROME_WORDS}))*
        )$""",
    re.IGNORECASE | re.VERBOSE,
)
_BULLET = re.compile(r"^\s*[•·▪]\s*(.*)$")
_TAGS = re.compile(r"^\s*tags?\s*:\s*(.+)$", re.IGNORECASE)
_URL = re.compile(r"^\s*(https?://\S+)\s*$", re.IGNORECASE)


def recognise(source: Source) -> float:
    """Whether the text has a title with its views, then bullets, and is no HTML."""
    if source.head.lstrip()[:1] in "<{":
        return 0.0
    lines = source.head.split("\n")
    titles = sum(1 for line in lines if _title(line))
    signs = sum(1 for line in lines if _BULLET.match(line) or _CHROME.match(line.strip()))
    return 0.8 if titles and signs else 0.0


@dataclass(slots=True)
class _Item:
    """One bookmark while its lines come in."""

    line: int
    title: str
    views: int
    contributor: str
    url: str = ""
    tags: list[str] = field(default_factory=list)
    highlights: list[list[str]] = field(default_factory=list)
    description: list[str] = field(default_factory=list)
    fold_line: int = 0
    folded: int = 0
    shown_before_fold: int = 0
    current: list[str] | None = None

    def bullet(self, text: str, number: int) -> None:
        """Take one bullet: a fold, the start of the description, or a highlight."""
        fold = _FOLD.match(text)
        if fold:
            self.fold_line, self.folded = number, self.folded + int(fold[1])
            self.shown_before_fold = len(self.highlights)
            self.current = None
        elif not text:
            # A second description of one item is a paragraph of its own.
            if self.description:
                self.description.append("")
            self.current = self.description
        else:
            self.current = [text]
            self.highlights.append(self.current)

    def finished(self) -> Iterator[Imported]:
        """The bookmark, and what of it is missing."""
        texts = [clean_text("\n".join(lines)) for lines in self.highlights]
        missing = self.folded - (len(self.highlights) - self.shown_before_fold)
        if self.folded and missing > 0:
            yield Missing(f"line {self.fold_line}", annotations=missing)
        yield Bookmark(
            title=self.title,
            url=self.url,
            description=unquoted(clean_text("\n".join(self.description))),
            tags=clean_tags(self.tags),
            contributor=self.contributor,
            views=self.views,
            annotations=tuple(Annotation(text) for text in texts if text),
        )


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of the page, the lines that belong to none, and what is announced and missing."""
    item: _Item | None = None
    pending: tuple[int, str] | None = None
    # A file may hold several pages, and a page its range above and below.
    announced: dict[tuple[int, int], int] = {}
    found = 0
    for number, raw in source.lines():
        line = raw.rstrip().lstrip("\ufeff")
        bullet = _BULLET.match(line)
        if not line.strip():
            continue
        if span := _RANGE.match(line):
            announced[int(span[1]), int(span[2])] = number
        title = None if bullet else _title(line)
        if title:
            if item:
                yield from item.finished()
            contributor = clean_line(pending[1]) if pending else ""
            item = _Item(number, *title, contributor)
            found += 1
            pending = None
        elif bullet:
            # A line between two bullets announces no title.
            if pending:
                yield _stray(pending)
                pending = None
            if item:
                item.bullet(clean_line(bullet[1]), number)
            else:
                yield _stray((number, line))
        elif item and not pending and (line[0].isspace() or _URL.match(line) or _TAGS.match(line)):
            if not _detail(item, line):
                yield Problem(f"line {number}", f"text that belongs to nothing: {line.strip()[:80]!r}")
        elif not _CHROME.match(line.strip()):
            # The contributor of the next item, unless yet another line comes before its title.
            if pending:
                yield _stray(pending)
            pending = (number, line)
    if pending:
        yield _stray(pending)
    if item:
        yield from item.finished()
    expected = sum(max(0, last - first + 1) for first, last in announced)
    if expected > found:
        yield Missing(f"line {max(announced.values())}", bookmarks=expected - found)


def _title(line: str) -> tuple[str, int] | None:
    """The title and the views, where the line is a title with its views."""
    line = line.rstrip()
    found = _VIEWS.search(line, max(0, len(line) - _VIEWS_CHARS))
    if not found or line[0].isspace():
        return None
    title = line[: found.start()].rstrip("- \t\u00a0")
    return (clean_line(title), int(re.sub(r"\D", "", found["views"]))) if title else None


def _detail(item: _Item, line: str) -> bool:
    """Take a line under a title that is no bullet; whether it belongs there."""
    url, tags = _URL.match(line), _TAGS.match(line)
    if item.current is None and url:
        item.url = url[1]
    elif item.current is None and tags:
        item.tags += re.split(r"[,;]", tags[1]) if re.search("[,;]", tags[1]) else tags[1].split()
    elif item.current is not None:
        item.current.append(line.strip())
    else:
        return False
    return True


def _stray(pending: tuple[int, str]) -> Problem:
    return Problem(f"line {pending[0]}", f"neither a bookmark nor part of one: {pending[1].strip()[:80]!r}")
