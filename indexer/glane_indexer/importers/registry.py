"""The formats that Glane reads, and which of them a file is in (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glane_indexer.errors import InputError, UsageError
from glane_indexer.importers import beir, diigo_csv, diigo_html, diigo_text, jsonl
from glane_indexer.importers.decode import decode
from glane_indexer.models import Imported

AUTO = "auto"
# Enough to see a page's first items behind its menus.
_HEAD = 200_000


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name: how it is recognised and how it is read."""

    name: str
    about: str
    looks_like: Callable[[str], bool]
    read: Callable[[str], Iterator[Imported]]


# In the order in which they are tried: from what is hardest to mistake to what is easiest.
FORMATS = {
    item.name: item
    for item in (
        Format("jsonl", "Glane's own export: a bookmark a line", jsonl.looks_like, jsonl.read),
        Format("beir", "the corpus of a BEIR dataset", beir.looks_like, beir.read),
        Format("diigo-html", "a saved Diigo group page, as HTML", diigo_html.looks_like, diigo_html.read),
        Format("diigo-csv", "Diigo's CSV export", diigo_csv.looks_like, diigo_csv.read),
        Format("diigo-text", "a saved Diigo group page, as text", diigo_text.looks_like, diigo_text.read),
    )
}


def read(data: bytes, *, format: str = AUTO, name: str = "") -> tuple[str, Iterator[Imported]]:
    """The format of a file and an iterator of what it holds.

    Args:
        format: one of :data:`FORMATS`, or ``auto`` to tell it by the content.
        name: what the file is called in messages.

    Raises:
        UsageError: there is no such format.
        InputError: the file is empty, is not text, or is in none of the formats.
    """
    known = ", ".join([AUTO, *FORMATS])
    if format != AUTO and format not in FORMATS:
        raise UsageError(f"there is no format {format!r}", where="--format", hint=f"It is one of {known}")
    text, problems = decode(data, name)
    if not text.strip():
        raise InputError("the file is empty", where=name)
    # A first line of JSON is recognised as a whole, however long it is.
    head = text if text.lstrip().startswith("{") else text[:_HEAD]
    chosen = FORMATS.get(format) or next((item for item in FORMATS.values() if item.looks_like(head)), None)
    if chosen is None:
        start = re.sub(r"\s+", " ", head[:60].strip())
        raise InputError(
            f"the format of this file is not known; it begins with {start!r}",
            where=name,
            hint=f"Name it with --format, if it is one of {known}",
        )

    def everything() -> Iterator[Imported]:
        yield from problems
        yield from chosen.read(text)

    return chosen.name, everything()
