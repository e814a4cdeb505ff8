"""Whether a library's parts are whole and agree with one another: catalog, journal, index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.catalog.schema import CATALOG_NAME
from glane_indexer.errors import GlaneError
from glane_indexer.index import generation
from glane_indexer.index.generation import Generation
from glane_indexer.library.applying import has_catalog
from glane_indexer.library.entries import Entry
from glane_indexer.library.journal import Journal
from glane_indexer.replication.state import FOLLOWER

JSON_FILES = ("settings.json", "keys.json")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a library that is not as it should be.

    An ``error`` is damage; a ``note`` is what the next command or the service puts right by itself.
    """

    part: Literal["catalog", "journal", "index", "files"]
    level: Literal["error", "note"]
    message: str

    def to_json(self) -> dict[str, str]:
        """As ``glane check --json`` shows it."""
        return asdict(self)


def check(library: Path) -> list[Finding]:
    """Everything that is wrong with a library; nothing where all is well.

    Reads every checksum; changes nothing.
    """
    return list(_findings(library))


def _findings(library: Path) -> Iterator[Finding]:
    if (library / FOLLOWER).exists():
        # The copy of another library is an index alone.
        copied: list[Finding] = []
        _guarded("index", lambda: _index(library, None, copied), copied)
        yield from copied
        return
    journal: list[Finding] = []
    entries = _entries(library, journal)
    yield from journal
    catalog: list[Finding] = []
    known = _guarded("catalog", lambda: _catalog(library, entries, catalog), catalog)
    yield from catalog
    index: list[Finding] = []
    _guarded("index", lambda: _index(library, known, index), index)
    yield from index
    for name in JSON_FILES:
        path = library / name
        if path.exists():
            try:
                json.loads(path.read_text("utf-8"))
            except (OSError, ValueError) as error:
                yield Finding("files", "error", f"{path}: this is not JSON: {error}")


def _guarded(part: Literal["catalog", "index"], work: Callable[[], object], found: list[Finding]) -> object:
    try:
        return work()
    except GlaneError as error:
        found.append(Finding(part, "error", str(error)))
        return None


def _entries(library: Path, found: list[Finding]) -> list[Entry]:
    journal = Journal(library)
    if not journal.path.exists():
        return []
    try:
        return journal.entries()
    except GlaneError as error:
        found.append(Finding("journal", "error", str(error)))
        return []
    finally:
        journal.close()


def _catalog(library: Path, entries: list[Entry], found: list[Finding]) -> tuple[str, int, dict[str, str]]:
    """The version of the content, the last change in it, and the content hash of each bookmark."""
    if not has_catalog(library) and entries:
        found.append(Finding("catalog", "note", f"{len(entries)} changes wait for a catalog to be made"))
        return "", 0, {}
    with Catalog.open(library, read_only=True) as catalog:
        where = library / CATALOG_NAME
        found += [Finding("catalog", "error", f"{where}: {item}") for item in catalog.inconsistencies()]
        applied = catalog.seq()
        version, hashes = catalog.content_version(), catalog.hashes()
    waiting = [entry for entry in entries if entry.seq > applied]
    if waiting:
        found.append(Finding("journal", "note", f"{len(waiting)} changes wait to be applied"))
        if waiting[0].seq > applied + 1:
            message = f"the catalog knows change {applied}, and the journal goes on with {waiting[0].seq}"
            found.append(Finding("journal", "error", message))
    return version, applied, hashes


def _index(library: Path, known: object, found: list[Finding]) -> None:
    name = generation.current_name(library)
    if name is None:
        found.append(Finding("index", "note", "there is no index yet: run `glane index`"))
        return
    opened = Generation.open(library, name)
    if not isinstance(known, tuple):
        return
    version, seq, hashes = known
    if (opened.manifest.catalog_version, opened.manifest.seq) != (version, seq):
        message = "the catalog has changed since the index: run `glane index`"
        found.append(Finding("index", "note", message))
        return
    indexed: dict[str, str] = {}
    for segment, member in zip(opened.segments, opened.manifest.members, strict=True):
        alive = [
            (id, hash)
            for id, hash, is_alive in zip(segment.ids, segment.hashes(), member.alive.tolist(), strict=True)
            if is_alive
        ]
        for id, hash in alive:
            if id in indexed:
                found.append(Finding("index", "error", f"a bookmark is in two segments: {id}"))
            indexed[id] = hash
    for message, odd in (
        ("not in the index", hashes.keys() - indexed.keys()),
        ("in the index and not in the catalog", indexed.keys() - hashes.keys()),
        (
            "another in the index than in the catalog",
            {id for id in indexed.keys() & hashes.keys() if indexed[id] != hashes[id]},
        ),
    ):
        if odd:
            found.append(Finding("index", "error", f"{len(odd)} bookmarks are {message}: {min(odd)} …"))
