"""Which format a file is in, and what it holds (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glane_indexer.errors import InputError, UsageError
from glane_indexer.importers.format import Format
from glane_indexer.importers.formats import FORMATS
from glane_indexer.importers.leftover import Kept, left_behind
from glane_indexer.importers.limits import limited
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem

__all__ = ["AUTO", "FORMATS", "Format", "is_whole", "read", "recognise"]

AUTO = "auto"
# Two formats fit equally where their scores are nearer than this.
_EQUAL = 0.05


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
    return chosen.name, _guarded(source, chosen)


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
    if not fitting and source.is_packed():
        raise InputError(
            "this is an archive or a database, and none that an export is known to be",
            where=source.name,
            hint="If it is an archive, unpack it and import the files in it",
        )
    if not fitting:
        start = re.sub(r"\s+", " ", source.head[:60].strip())
        raise InputError(
            f"the format of this file is not known; it begins with {start!r}",
            where=source.name,
            hint="`glane import --help` lists the formats, and --format names one",
        )
    return FORMATS[fitting[0]]


def is_whole(source: Source) -> bool:
    """Whether an archive or a folder is one export that is made of several files.

    Any other archive holds files that are exports by themselves.
    """
    return any(item.recognise(source) > 0 for item in FORMATS.values() if item.in_parts)


def _guarded(source: Source, chosen: Format) -> Iterator[Imported]:
    """What a reader gives, within the limits, and what it has passed by.

    Where it can go no further, what came before is kept.
    """
    if not source.is_packed():
        yield from source.problems
    given, kept = False, Kept()
    try:
        for item in chosen.read(source):
            if isinstance(item, Bookmark):
                given = True
                kept.take(item)
                yield from limited(item)
            else:
                yield item
    except InputError as error:
        if not given:
            raise
        message = f"{error.message}; what stands behind is left out"
        yield Problem(error.where or "file", message)
    if given and chosen.dense and not source.is_packed():
        yield from left_behind(source, kept)
