"""What a format is (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glane_indexer.importers.source import Source
from glane_indexer.models import Imported


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its name.

    ``recognise`` gives a score from 0 (another format) to 1 (this one, and no other); ``carries`` is
    what of a bookmark the format can hold and the reader keeps; ``in_parts`` says that it is made of
    several files; ``dense`` that hardly an address in it is none of a bookmark, so that one which is not
    kept is worth a word: the pages of a site and feeds have menus and links of their own.
    """

    name: str
    about: str
    carries: str
    recognise: Callable[[Source], float]
    read: Callable[[Source], Iterator[Imported]]
    in_parts: bool = False
    dense: bool = True
