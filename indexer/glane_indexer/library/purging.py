"""Bookmarks out of every file of a library, and the proof that they are: by looking.

Deleting takes a bookmark out of the answers; its text stays for a while in free blocks of the catalog, in
earlier versions, in older generations. Purging writes all of these anew, and then reads every file.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.compacting import rewrite
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import LibraryError, NotFoundError
from glane_indexer.index.build import build_generation
from glane_indexer.index.merge import compact
from glane_indexer.library import changes
from glane_indexer.library.applying import apply_pending
from glane_indexer.library.backup import LOCK_SECONDS, still
from glane_indexer.library.entries import Draft
from glane_indexer.library.journal import Journal
from glane_indexer.models import Bookmark

# Shorter texts are found by chance.
MIN_CHARS = 8
# Of a longer one, so much of its longest line is looked for.
MAX_CHARS = 120


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge did: ``texts`` were looked for in ``files`` of ``bytes`` together.

    ``elsewhere`` are texts that other bookmarks of the library have, too, and which therefore stay.
    """

    ids: tuple[str, ...]
    texts: int
    elsewhere: int
    files: int
    bytes: int


def purge(library: Path, ids: Sequence[str], encoder: Callable[[], Encoder]) -> PurgeReport:
    """Delete bookmarks so that nothing of their text is left in any file of the library.

    Args:
        encoder: gives the encoder, for the index that is written anew; nothing is embedded again.

    Raises:
        NotFoundError: one of them is not there; nothing is changed then.
        LockedError: another process is writing to the library.
        LibraryError: a text is in a file still; says in which.
    """
    journal = Journal(library)
    try:
        apply_pending(library, journal)
        wanted = _texts_of(library, ids)
        journal.append(lambda tail: Draft(changes.delete(), tuple(ids)))
        seq = apply_pending(library, journal).seq
        journal.trim(seq, force=True)
    finally:
        journal.close()
    # The service that runs may be at it, too.
    build_generation(library, encoder(), wait=LOCK_SECONDS)
    compact(library, keep_previous=False, wait=LOCK_SECONDS)
    with still(library, "purging"):
        rewrite(library)
    stay = _elsewhere(library, wanted)
    looked_for = sorted(wanted - stay)
    files, size = _prove(library, looked_for)
    return PurgeReport(tuple(ids), len(looked_for), len(stay), files, size)


def _texts_of(library: Path, ids: Sequence[str]) -> set[str]:
    """What any version of these bookmarks says, as far as it can be looked for."""
    with Catalog.open(library, read_only=True) as catalog:
        found = {bookmark.id: bookmark for bookmark in catalog.bookmarks_of(ids)}
        missing = [id for id in ids if id not in found]
        if missing:
            raise NotFoundError(
                "there is no such bookmark", where=missing[0], hint="Give its id or its url"
            )
        said = [part for id in ids for part in catalog.contributions(id)]
    bookmarks = [*found.values(), *(part.bookmark for part in said if part.bookmark)]
    return {sample for bookmark in bookmarks for text in _said(bookmark) if (sample := _sample(text))}


def _said(bookmark: Bookmark) -> Iterable[str]:
    yield from (bookmark.title, bookmark.url, bookmark.description)
    for annotation in bookmark.annotations:
        yield from (annotation.text, annotation.note)


def _sample(text: str) -> str:
    line = max(text.split("\n"), key=len).strip()[:MAX_CHARS].strip()
    return line if len(line) >= MIN_CHARS else ""


def _elsewhere(library: Path, wanted: Set[str]) -> set[str]:
    """Which of these texts other bookmarks have: nobody asked for those to go."""
    found: set[str] = set()
    with Catalog.open(library, read_only=True) as catalog:
        for bookmark in catalog.bookmarks():
            whole = "\n".join(_said(bookmark))
            found |= {text for text in wanted - found if text in whole}
    return found


def _prove(library: Path, wanted: Sequence[str]) -> tuple[int, int]:
    """Look for the texts in every file; how many files and bytes that were.

    Raises:
        LibraryError: one of them is there.
    """
    with Catalog.open(library, read_only=True) as catalog:
        for place in catalog.places_of(wanted):
            raise LibraryError("the purged text is still in the catalog", where=place, hint=_AGAIN)
    needles = [form for text in wanted for form in _forms(text)]
    files = size = 0
    for path in sorted(library.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        files += 1
        for name, data in _contents(path):
            size += len(data)
            if any(needle in data for needle in needles):
                raise LibraryError("the purged text is still in a file", where=name, hint=_AGAIN)
    return files, size


_AGAIN = "Run `glane purge` again once nothing else writes to the library"


def _forms(text: str) -> set[bytes]:
    """A text as files have it: as it is, and inside a JSON string."""
    escaped = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text if ord(c) < 0x10000)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return {text.encode("utf-8", "replace"), quoted.encode("utf-8", "replace"), escaped.encode()}


def _contents(path: Path) -> Iterable[tuple[str, bytes]]:
    """The bytes of a file, and of what is packed in it."""
    yield str(path), path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"{path}{os.sep}{name}", archive.read(name)
