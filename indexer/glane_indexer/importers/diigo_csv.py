"""Diigo's CSV export (Tools > Export > CSV), with or without its header line (pure).

Columns by their names where there is a header, in Diigo's own order where there is none. The cell of
annotations holds blocks: ``Highlight:`` and its text, then ``Sticky notes:`` and the note on it; a
note on the page as a whole follows an empty highlight, and becomes an annotation that has only a
note. Comments, which are about the page too, become the last paragraph of the description.

The records are cut here and not by the ``csv`` module: that one takes everything behind a quotation
mark that is never closed for one field, keeps no count of where a record began, and refuses fields
above a limit that is global to the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from glane_indexer.importers.clean import (
    clean_line,
    clean_tags,
    clean_text,
    parse_moment,
    unescape,
    unquoted,
)
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

_COLUMNS = ("title", "url", "tags", "description", "comments", "annotations", "created_at")
_SEPARATORS = ",;\t"
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:\S", re.IGNORECASE)
_LABEL = re.compile(r"^(Highlight|Sticky notes):[ \t]*", re.MULTILINE)
# Diigo cuts a cell of annotations at 65,540 bytes and a url at 512 characters.
_CUT_BYTES = 65_530
_CUT_URL = 512
# Highlights keep the HTML of their page. Only names of elements are taken for tags: "List<String>"
# is text. Without "<" inside a tag the search stays linear.
_BREAKS = re.compile(
    r"<br\s*/?>\n?|</?(?:p|div|ul|ol|li|h[1-6]|tr|table|blockquote|pre|section|article|dl|dt|dd|hr"
    r"|figure|figcaption|header|footer)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_TAGS = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|big|button|cite|code|del|dfn|em|font|i|img|input|ins|kbd|label|mark|nobr"
    r"|noscript|q|s|samp|small|span|strike|strong|style|sub|sup|t[bdh]|tbody|thead|time|tt|u|var|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_CUT_TAG = re.compile(r"</?[a-z][^<>]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Record:
    """One record as it is cut from the text: its cells and where it ends.

    ``unclosed`` is where the quotation mark stands that the end of the text leaves open, or -1;
    ``stray`` says that a cell in quotation marks holds one that is not doubled.
    """

    cells: list[str]
    end: int
    unclosed: int = -1
    stray: bool = False


def looks_like(text: str) -> bool:
    """Whether the text begins with the header of an export, or with one of its records."""
    text = _lines(text)
    if text.lstrip()[:1] in ("<", "{", "["):
        return False
    separator, names = _header(text)
    if names:
        return True
    position = 0
    # A few records, for one that is broken, or cut by the end of what is shown.
    for _ in range(5):
        record = _cut(text, position, separator)
        cells = dict(zip(_COLUMNS, record.cells, strict=False))
        annotated = cells.get("annotations", "").startswith("Highlight:")
        dated = parse_moment(cells.get("created_at", "")) is not None
        whole = len(record.cells) == len(_COLUMNS) and (dated or annotated)
        if _SCHEME.match(cells.get("url", "")) and (whole or (annotated and record.unclosed >= 0)):
            return True
        position = record.end
    return False


def read(text: str) -> Iterator[Imported]:
    """The bookmarks of an export, and what is wrong with the records that are none."""
    text = _lines(text)
    separator, names = _header(text)
    unknown = [name for name in names if name not in _COLUMNS]
    if unknown:
        yield Problem("line 1", f"unknown columns are left out: {', '.join(unknown)}", False)
    columns = names or list(_COLUMNS)
    position, line, runaway = 0, 1, False
    while position < len(text):
        # After a quotation mark that nothing closes the next is looked for line by line: to search all
        # that is left for the end of each broken record would take a day on a hostile file.
        record = _cut(text, position, separator, most=len(columns) if runaway else 0)
        following = record.end
        if not text[position:following].strip():
            pass
        elif record.unclosed >= 0 or len(record.cells) != len(columns):
            runaway = runaway or record.unclosed >= 0
            end = len(text) if runaway else record.end
            following = _next_good(text, position, end, separator, columns)
            yield _broken(record, len(columns), text, line, position, following)
        elif [cell.strip().lower() for cell in record.cells] != columns:
            yield from _bookmark(dict(zip(columns, record.cells, strict=True)), f"line {line}")
        line += text.count("\n", position, following)
        position = following


def _lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _header(text: str) -> tuple[str, list[str]]:
    """The separator, and the columns' names in small letters: none where there is no header."""
    for separator in _SEPARATORS:
        names = [cell.strip().lower() for cell in _cut(text, 0, separator).cells]
        if "title" in names and "url" in names:
            return separator, names
    return ",", []


def _cut(text: str, start: int, separator: str, most: int = 0) -> _Record:
    """The record that begins at ``start``.

    With ``most`` it is only a trial: it is given up at the first stray quotation mark, and where it
    has more cells than that.
    """
    cells: list[str] = []
    position, stray = start, False
    plain = re.compile(f"[{separator}\n]")
    while True:
        if text.startswith('"', position):
            opened, parts = position, list[str]()
            position += 1
            while True:
                quote = text.find('"', position)
                if quote < 0:
                    cells.append("".join([*parts, text[position:]]))
                    return _Record(cells, len(text), opened, stray)
                behind = text[quote + 1 : quote + 2]
                if behind in ("", "\n", separator):
                    parts.append(text[position:quote])
                    position = quote + 1
                    break
                stray = stray or behind != '"'
                if stray and most:
                    return _Record(cells, position, opened, stray)
                parts.append(text[position : quote + 1])
                position = quote + (2 if behind == '"' else 1)
            cells.append("".join(parts))
        else:
            found = plain.search(text, position)
            cells.append(text[position : found.start() if found else len(text)])
            position = found.start() if found else len(text)
        if position >= len(text) or text[position] == "\n" or (most and len(cells) > most):
            return _Record(cells, min(position + 1, len(text)), -1, stray)
        position += 1


def _broken(record: _Record, width: int, text: str, line: int, start: int, end: int) -> Problem:
    """What is wrong with a record, and the lines that are left out for it."""
    last = line + text.count("\n", start, end - 1)
    skipped = f"; lines {line} to {last} are skipped" if last > line else ""
    if record.unclosed >= 0 and not record.stray:
        opened = line + text.count("\n", start, record.unclosed)
        return Problem(f"line {opened}", f"a quotation mark opened here is never closed{skipped}")
    if record.stray:
        return Problem(f"line {line}", f"a quotation mark in the record is missing or not doubled{skipped}")
    return Problem(f"line {line}", f"the record has {len(record.cells)} columns, and not {width}{skipped}")


def _next_good(text: str, start: int, end: int, separator: str, columns: list[str]) -> int:
    """Where, after the first line of a broken record, a good one begins; ``end`` where none does.

    A missing quotation mark makes one record of several; only the one that lacks it is to be lost.
    """
    newline = text.find("\n", start, end)
    while 0 <= newline < end - 1:
        trial = _cut(text, newline + 1, separator, most=len(columns))
        if trial.unclosed < 0 and len(trial.cells) == len(columns):
            url = trial.cells[columns.index("url")]
            if _SCHEME.match(url) and "\n" not in url:
                return newline + 1
        newline = text.find("\n", newline + 1, end)
    return end


def _bookmark(cells: dict[str, str], where: str) -> Iterator[Imported]:
    title, url = clean_line(unescape(cells["title"])), clean_line(cells["url"])
    if not title and not url:
        yield Problem(where, "the record has neither a title nor a url")
        return
    written, annotations = cells.get("created_at", "").strip(), cells.get("annotations", "")
    created_at = parse_moment(written) if written else None
    if written and created_at is None:
        yield _kept(where, f"created_at is {written[:40]!r}, which is not a date; the bookmark has none")
    if len(url) >= _CUT_URL:
        yield _kept(where, f"the url has {_CUT_URL} characters, where Diigo cuts it")
    if len(annotations.encode("utf-8", "replace")) >= _CUT_BYTES:
        yield _kept(where, "Diigo has cut the annotations here, at 65,540 bytes")
        annotations = _CUT_TAG.sub("", annotations)
    paragraphs = (unquoted(_plain(cells.get(name, ""))) for name in ("description", "comments"))
    yield Bookmark(
        title=title or url,
        url=url,
        description="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        tags=clean_tags(_cut(cells.get("tags", "").replace("\n", " "), 0, ",").cells),
        created_at=created_at,
        annotations=tuple(_annotations(annotations)),
    )


def _kept(where: str, message: str) -> Problem:
    return Problem(where, message, skipped=False)


def _annotations(cell: str) -> Iterator[Annotation]:
    """The blocks of a cell of annotations; text before the first label is a highlight too."""
    before, *labelled = _LABEL.split(cell)
    text, notes = _plain(before), list[str]()
    for label, block in zip(labelled[::2], labelled[1::2], strict=True):
        if label == "Highlight":
            if text or notes:
                yield Annotation(text, "\n\n".join(notes))
            text, notes = _plain(block), []
        elif note := _plain(block):
            notes.append(note)
    if text or notes:
        yield Annotation(text, "\n\n".join(notes))


def _plain(text: str) -> str:
    """Text without the tags of HTML, with the characters that its references stand for."""
    if "<" in text:
        text = _TAGS.sub("", _BREAKS.sub("\n", text))
    return clean_text(unescape(text))
