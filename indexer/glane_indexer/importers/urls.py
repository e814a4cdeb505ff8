"""Plain lists of addresses, one a line, also with a title behind it (OneTab's ``url | title``) (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glane_indexer.importers.record import bookmark
from glane_indexer.importers.source import Source
from glane_indexer.models import Imported, Problem

_URL = re.compile(
    r"\s*(?:[-*•]\s+|\d+[.)]\s+)?<?((?:https?|ftp)://[^\s<>|]+)>?\s*(?:[|\t–-]\s*)?(.*)", re.IGNORECASE
)
# Org mode's links, which may be headings with tags.
_ORG = re.compile(
    r"\s*[*+-]*\s*\[\[(https?://[^\s\]]+)\](?:\[([^\]]*)\])?\]\s*(?::([^\s]+):)?\s*", re.IGNORECASE
)
_TITLED = re.compile(r"\s*(.{1,300}?)\s*[|:–\t-]?\s+<?(https?://[^\s<>|]+)>?\s*", re.IGNORECASE)


def recognise(source: Source) -> float:
    """.2 where most lines begin with an address."""
    lines = [line for line in source.head.splitlines()[:200] if line.strip() and not line.startswith("#")]
    found = sum(bool(_URL.match(line) or _ORG.fullmatch(line)) for line in lines)
    return 0.2 if found and found * 10 >= len(lines) * 6 else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The addresses; a line that holds none is a problem, unless it begins with ``#``."""
    for number, line in source.lines():
        text, where = line.strip().lstrip("\ufeff"), f"line {number}"
        if not text or text.startswith("#"):
            continue
        found, titled = _URL.fullmatch(text), _TITLED.fullmatch(text)
        if org := _ORG.fullmatch(text):
            yield from bookmark(where, url=org[1], title=org[2], tags=(org[3] or "").split(":"))
        elif found:
            yield from bookmark(where, url=found[1], title=found[2])
        elif titled:
            yield from bookmark(where, url=titled[2], title=titled[1])
        else:
            yield Problem(where, f"there is no address in this line: {text[:60]!r}")
