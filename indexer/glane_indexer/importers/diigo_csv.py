"""Diigo's CSV export (Tools > Export > CSV), with or without its header line (pure).

Columns by their names where there is a header, in Diigo's own order where there is none. The cell of
annotations holds blocks: ``Highlight:`` and its text, then ``Sticky notes:`` and the note on it; a
note on the page as a whole follows an empty highlight, and becomes an annotation that has only a
note. Comments, which are about the page too, become the last paragraph of the description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glane_indexer.importers.clean import (
    clean_address,
    clean_line,
    clean_tags,
    parse_moment,
    plain_text,
    unescape,
    unquoted,
)
from glane_indexer.importers.source import Source
from glane_indexer.importers.table import Row, cut, has_url, header, rows, split_cells, unix_lines
from glane_indexer.models import Annotation, Bookmark, Imported, Problem

_COLUMNS = ("title", "url", "tags", "description", "comments", "annotations", "created_at")
_LABEL = re.compile(r"^(Highlight|Sticky notes):[ \t]*", re.MULTILINE)
# Diigo cuts a cell of annotations at 65,540 bytes and a url at 512 characters.
_CUT_BYTES = 65_530
_CUT_URL = 512
_CUT_TAG = re.compile(r"</?[a-z][^<>]*$", re.IGNORECASE)


def recognise(source: Source) -> float:
    """1 for the header of an export, or for records that are as Diigo writes them."""
    _, names = header(source)
    if {"title", "url"} <= set(names):
        return 1.0 if {"annotations", "comments"} & set(names) and "tags" in names else 0.0
    text, position = unix_lines(source.head).lstrip("\ufeff\n"), 0
    if text[:1] in ("<", "{", "["):
        return 0.0
    # A few records, for one that is broken, or cut by the end of what is shown.
    for _ in range(5):
        record = cut(text, position, ",")
        cells = dict(zip(_COLUMNS, record.cells, strict=False))
        annotated = cells.get("annotations", "").startswith("Highlight:")
        dated = parse_moment(cells.get("created_at", "")) is not None
        whole = len(record.cells) == len(_COLUMNS) and (dated or annotated)
        if has_url(cells) and (whole or (annotated and record.unclosed >= 0)):
            return 0.9
        position = record.end
    return 0.0


def read(source: Source) -> Iterator[Imported]:
    """The bookmarks of an export, and what is wrong with the records that are none."""
    separator, names = header(source)
    if not {"title", "url"} <= set(names):
        separator, names = ",", []
    unknown = [name for name in names if name not in _COLUMNS]
    if unknown:
        yield Problem("line 1", f"unknown columns are left out: {', '.join(unknown)}", False)
    for row in rows(source, () if names else _COLUMNS, separator):
        if isinstance(row, Row):
            yield from _bookmark(row.cells, row.where)
        else:
            yield row


def _bookmark(cells: dict[str, str], where: str) -> Iterator[Imported]:
    title, url = clean_line(unescape(cells["title"])), clean_address(cells["url"])
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
    paragraphs = (unquoted(plain_text(cells.get(name, ""))) for name in ("description", "comments"))
    yield Bookmark(
        title=title or url,
        url=url,
        description="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        tags=clean_tags(split_cells(cells.get("tags", ""))),
        created_at=created_at,
        annotations=tuple(_annotations(annotations)),
        where=where,
    )


def _kept(where: str, message: str) -> Problem:
    return Problem(where, message, skipped=False)


def _annotations(cell: str) -> Iterator[Annotation]:
    """The blocks of a cell of annotations; text before the first label is a highlight too."""
    before, *labelled = _LABEL.split(cell)
    text, notes = plain_text(before), list[str]()
    for label, block in zip(labelled[::2], labelled[1::2], strict=True):
        if label == "Highlight":
            if text or notes:
                yield Annotation(text, "\n\n".join(notes))
            text, notes = plain_text(block), []
        elif note := plain_text(block):
            notes.append(note)
    if text or notes:
        yield Annotation(text, "\n\n".join(notes))
