"""Keeping a library up with a live source: only what changed is written, and what is gone there goes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glane_indexer.errors import UsageError
from glane_indexer.importers.limits import limited
from glane_indexer.library.sources.base import LiveSource, Page, Record, Request
from glane_indexer.library.sources.client import Client
from glane_indexer.models import Bookmark, Problem

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class SyncReport:
    """What a synchronisation did: records that came changed, and bookmarks that changed by them.

    ``import_id`` is "" where nothing has changed.
    """

    source: str
    import_id: str = ""
    records: int = 0
    gone: int = 0
    added: int = 0
    updated: int = 0
    deleted: int = 0
    problems: list[Problem] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as ``glane sync --json`` prints it."""
        problems = [{"where": item.where, "message": item.message} for item in self.problems]
        return {**asdict(self), "problems": problems}


def token_of(source: LiveSource, file: Path | None, environ: Mapping[str, str] | None = None) -> str:
    """The token of a source, from a file or from the environment; never from the command line.

    Raises:
        UsageError: there is none, or the file cannot be read.
    """
    environ = os.environ if environ is None else environ
    if not source.variable:
        return ""
    if file is None:
        token = environ.get(source.variable, "").strip()
    else:
        try:
            token = file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise UsageError(f"the token cannot be read: {error}", where=str(file)) from None
    # A header takes nothing else, and an error about it would show the token.
    if not token or not token.isascii() or not token.isprintable():
        raise UsageError(
            "there is no token" if not token else "the token is not one line of ASCII",
            where=str(file or source.variable),
            hint=f"Get one at {source.token_help}; set {source.variable}, or name a file with --token-file",
        )
    return token


def sync(
    library: Path,
    source: LiveSource,
    client: Client,
    *,
    url: str = "",
    progress: Progress | None = None,
) -> SyncReport:
    """Bring a library up to what a source has now.

    Each page is one transaction with the place to go on from, so whatever ends this, the next
    synchronisation completes it: nothing is there twice, and nothing is left out.

    Args:
        url: where the service is, if not at its usual address; of a feed, the feed.

    Raises:
        SourceError: the source refuses or does not answer; what came before is kept.
        UsageError: the source needs a url.
        LockedError, CatalogError: as for an import.
    """
    url = (url or source.url).rstrip("/")
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError(
            "the address is no http(s) url", where="--url", hint=f"{source.name} needs --url URL"
        )
    name = source.name if url == source.url else f"{source.name} {url}"
    run = _Run(library, name)
    for page in source.pages(Request(client, url, run.cursor, lambda: len(run.known))):
        run.store(page)
        if progress:
            progress("Synchronising", run.read, 0)
    return run.report


class _Run:
    """One synchronisation, between pages."""

    def __init__(self, library: Path, name: str) -> None:
        from glane_indexer.catalog.bookmarks import Catalog
        from glane_indexer.catalog.schema import CATALOG_NAME

        self.library, self.name = library, name
        self.report = SyncReport(name)
        self.started = datetime.now(UTC)
        self.read = 0
        self.cursor = ""
        self.known: dict[str, str] = {}
        self._seen: set[str] = set()
        if (library / CATALOG_NAME).exists():
            with Catalog.open(library, read_only=True) as catalog:
                self.cursor, self.known = catalog.cursor(name), catalog.records(name)

    def store(self, page: Page) -> None:
        """Take a page in, with the place to go on from, or nothing of it."""
        self.read += len(page.records)
        self._seen.update(item.key for item in page.records)
        changed = {item.key: item for item in page.records if self.known.get(item.key) != item.hash}
        gone = [key for key in self.known if any(map(key.startswith, page.gone)) and key not in changed]
        if page.whole:
            gone += [key for key in self.known if key not in self._seen and key not in gone]
        if changed or gone or (page.cursor and page.cursor != self.cursor):
            self._write(list(changed.values()), gone, page.cursor)
        self.known.update((item.key, item.hash) for item in changed.values())
        for key in gone:
            del self.known[key]
        self.cursor = page.cursor or self.cursor

    def _write(self, changed: list[Record], gone: list[str], cursor: str) -> None:
        from glane_indexer.catalog.bookmarks import Catalog
        from glane_indexer.catalog.intake import Intake
        from glane_indexer.language import bookmark_language
        from glane_indexer.library.locking import writer_lock

        report = self.report
        self.library.mkdir(parents=True, exist_ok=True)
        with (
            writer_lock(self.library, f"synchronising {self.name.split()[0]}"),
            Catalog.open(self.library, create=True) as catalog,
            catalog.transaction(),
        ):
            if changed or gone:
                id = report.import_id or catalog.new_import_id()
                intake = Intake(catalog, id, language=bookmark_language)
                intake.take_live(
                    {f"{self.name}:{item.key}": list(self._bounded(item)) for item in changed},
                    [f"{self.name}:{key}" for key in gone],
                )
                report.records += len(changed)
                report.gone += len(gone)
                report.added += intake.counts.added
                report.updated += intake.counts.updated
                report.deleted += intake.counts.deleted
                counts = {
                    "bookmarks": {
                        "added": report.added,
                        "updated": report.updated,
                        "deleted": report.deleted,
                    }
                }
                if report.import_id:
                    catalog.recount_import(id, counts)
                else:
                    catalog.record_import(f"sync {self.name.split()[0]}", self.name, self.started, counts)
                report.import_id = id
                catalog.set_records(self.name, {item.key: item.hash for item in changed}, gone)
            if cursor:
                catalog.set_cursor(self.name, cursor)

    def _bounded(self, record: Record) -> Iterable[Bookmark]:
        where = f"{self.name} {record.key}"
        self.report.problems += [Problem(where, item.message, item.skipped) for item in record.problems]
        for bookmark in record.bookmarks:
            for item in limited(bookmark):
                if isinstance(item, Bookmark):
                    yield item
                elif isinstance(item, Problem):
                    self.report.problems.append(Problem(where, item.message, item.skipped))
