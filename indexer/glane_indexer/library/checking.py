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
from glane_indexer.library.entries import Entry
from glane_indexer.library.journal import Journal

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


def _catalog(library: Path, entries: list[Entry], found: list[Finding]) -> tuple[str, dict[str, str]]:
    """The version of the content, and the content hash of each bookmark."""
    if not (library / CATALOG_NAME).exists() and entries:
        found.append(Finding("catalog", "note", f"{len(entries)} changes wait for a catalog to be made"))
        return "", {}
    with Catalog.open(library, read_only=True) as catalog:
        where = library / CATALOG_NAME
        found += [Finding("catalog", "error", f"{where}: {item}") for item in catalog.inconsistencies()]
        applied = catalog.applied()
        version, hashes = catalog.content_version(), catalog.hashes()
    waiting = [entry for entry in entries if entry.seq > applied]
    if waiting:
        found.append(Finding("journal", "note", f"{len(waiting)} changes wait to be applied"))
        if waiting[0].seq > applied + 1:
            message = f"the catalog knows change {applied}, and the journal goes on with {waiting[0].seq}"
            found.append(Finding("journal", "error", message))
    return version, hashes


def _index(library: Path, known: object, found: list[Finding]) -> None:
    name = generation.current_name(library)
    if name is None:
        found.append(Finding("index", "note", "there is no index yet: run `glane index`"))
        return
    opened = Generation.open(library, name)
    try:
        manifest = opened.manifest
        if not isinstance(known, tuple):
            return
        version, hashes = known
        if manifest.catalog_version != version:
            found.append(
                Finding("index", "note", "the catalog has changed since the index: run `glane index`")
            )
            return
        ids = set(opened.documents.ids)
        for message, odd in (
            ("not in the index", hashes.keys() - ids),
            ("in the index and not in the catalog", ids - hashes.keys()),
        ):
            if odd:
                found.append(Finding("index", "error", f"{len(odd)} bookmarks are {message}: {min(odd)} …"))
    finally:
        opened.close()
