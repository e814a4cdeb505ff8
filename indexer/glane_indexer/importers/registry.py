"""The formats that Glane reads, and which of them a file is in (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glane_indexer.errors import InputError, UsageError
from glane_indexer.importers import beir, diigo_csv, diigo_html, diigo_text, jsonl
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported

AUTO = "auto"
# Two formats fit equally where their scores are nearer than this.
_EQUAL = 0.05


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name: what it is, what it carries, how it is recognised and how it is read.

    ``recognise`` gives a score from 0 (another format) to 1 (this one, and no other).
    """

    name: str
    about: str
    carries: str
    recognise: Callable[[Source], float]
    read: Callable[[Source], Iterator[Imported]]


FORMATS = {
    item.name: item
    for item in (
        Format("jsonl", "Glane's own export: a bookmark a line", "everything", jsonl.recognise, jsonl.read),
        Format("beir", "the corpus of a BEIR dataset", "documents", beir.recognise, beir.read),
        Format(
            "diigo-html",
            "a saved Diigo group page, as HTML",
            "bookmarks, highlights, notes",
            diigo_html.recognise,
            diigo_html.read,
        ),
        Format(
            "diigo-csv",
            "Diigo's CSV export",
            "bookmarks, highlights, notes",
            diigo_csv.recognise,
            diigo_csv.read,
        ),
        Format(
            "diigo-text",
            "a saved Diigo group page, as text",
            "bookmarks, highlights",
            diigo_text.recognise,
            diigo_text.read,
        ),
    )
}


def read(source: Source, format: str = AUTO) -> tuple[str, Iterator[Imported]]:
    """The format of a file and an iterator of what it holds.

    Args:
        format: one of :data:`FORMATS`, or ``auto`` to tell it by the content.

    Raises:
        UsageError: there is no such format.
        InputError: the file is empty, is not text, is in none of the formats, or in two alike.
    """
    if format != AUTO and format not in FORMATS:
        known = ", ".join([AUTO, *FORMATS])
        raise UsageError(f"there is no format {format!r}", where="--format", hint=f"It is one of {known}")
    if source.is_empty():
        raise InputError("the file is empty", where=source.name)
    chosen = FORMATS[format] if format != AUTO else recognise(source)

    def everything() -> Iterator[Imported]:
        yield from source.problems
        yield from chosen.read(source)

    return chosen.name, everything()


def recognise(source: Source) -> Format:
    """The format that the content is in.

    Raises:
        InputError: it is in none of them, or in two alike.
    """
    scores = {item.name: item.recognise(source) for item in FORMATS.values()}
    best = max(scores.values())
    fitting = [name for name, score in scores.items() if score > 0 and score > best - _EQUAL]
    if len(fitting) > 1:
        raise InputError(
            f"this file may be in the formats {' and '.join(fitting)}",
            where=source.name,
            hint="Say which with --format",
        )
    if not fitting:
        start = re.sub(r"\s+", " ", source.head[:60].strip())
        raise InputError(
            f"the format of this file is not known; it begins with {start!r}",
            where=source.name,
            hint="`glane import --help` lists the formats; --format names one",
        )
    return FORMATS[fitting[0]]
