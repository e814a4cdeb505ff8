"""Imports: each file into the catalog whole or not at all, with a report of what it did."""

from __future__ import annotations

import contextlib
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

from glane_indexer.errors import InputError
from glane_indexer.importers.archive import folder
from glane_indexer.importers.registry import AUTO, is_whole, read
from glane_indexer.importers.source import Source
from glane_indexer.library.files import Content, contents, shown
from glane_indexer.library.reports import (
    AnnotationCounts,
    BookmarkCounts,
    Change,
    Failure,
    ImportReport,
    MergeLine,
    MissingCounts,
)
from glane_indexer.models import Annotation, Bookmark, Imported, Missing, Problem, Visibility

# Called with what is being done, how many bookmarks are done, and of how many (0: not known yet).
Progress = Callable[[str, int, int], None]
# More than these of a trial nobody reads.
MAX_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are to be read: in which format, which of a table's columns is which (``--map``), and
    who may see the bookmarks, whatever the files say of it (``--visibility``)."""

    format: str = AUTO
    columns: Mapping[str, str] = field(default_factory=dict)
    visibility: Visibility | None = None


_VALUES = attrgetter(*(item.name for item in fields(Bookmark)))
_ANNOTATIONS = [item.name for item in fields(Bookmark)].index("annotations")
_ANNOTATION = attrgetter(*(item.name for item in fields(Annotation)))


def _packed(bookmark: Bookmark) -> list[Any]:
    """A bookmark as plain values, which are pickled and read in a third of the time of objects."""
    values = list(_VALUES(bookmark))
    values[_ANNOTATIONS] = [_ANNOTATION(item) for item in bookmark.annotations]
    return values


def _unpacked(values: list[Any]) -> Bookmark:
    values[_ANNOTATIONS] = tuple(Annotation(*item) for item in values[_ANNOTATIONS])
    return Bookmark(*values)


class _Trial(Exception):
    """Ends the transaction of a trial, so that nothing of it stays."""


@dataclass(slots=True)
class _Spool:
    """What a file holds: its bookmarks in a file without a name, and the rest counted.

    So the catalog is open only while it is written to, and how many bookmarks there are is known by then.
    """

    name: str
    file: IO[bytes]
    visibility: Visibility | None = None
    bookmarks: int = 0
    descriptions: int = 0
    private: int = 0
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0
    missing_bookmarks: int = 0
    missing_annotations: int = 0

    def fill(self, items: Iterator[Imported], progress: Progress | None) -> None:
        """Read everything."""
        for item in items:
            if isinstance(item, Bookmark):
                self.bookmarks += 1
                self.descriptions += bool(item.description)
                bookmark = item if item.where else replace(item, where=f"bookmark {self.bookmarks}")
                if self.visibility and bookmark.visibility != self.visibility:
                    bookmark = replace(bookmark, visibility=self.visibility)
                self.private += bookmark.visibility == "private"
                pickle.dump(_packed(bookmark), self.file, pickle.HIGHEST_PROTOCOL)
                if progress:
                    progress("Reading", self.bookmarks, 0)
            elif isinstance(item, Problem):
                self.skipped += item.skipped
                self.problems.append(Problem(f"{self.name}: {item.where}", item.message, item.skipped))
            elif isinstance(item, Missing):
                self.missing_bookmarks += item.bookmarks
                self.missing_annotations += item.annotations

    def drain(self, progress: Progress | None) -> Iterator[Bookmark]:
        """The bookmarks, in their order."""
        self.file.seek(0)
        for done in range(1, self.bookmarks + 1):
            yield _unpacked(pickle.load(self.file))  # noqa: S301 - what was written here a moment ago
            if progress:
                progress("Importing", done, self.bookmarks)


def import_paths(
    paths: Iterable[Path],
    library: Path,
    *,
    reading: Reading | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Iterator[ImportReport | Failure]:
    """Import files, folders and archives of files, one file after another.

    A file that cannot be read is told, and the next one is imported all the same.

    Args:
        paths: ``-`` is standard input.
        dry_run: only say what would change.

    Raises:
        UsageError: there is no such format.
        LockedError: another process is writing to the library.
        CatalogError: the catalog cannot be written; nothing of the present file is in it then.
    """
    reading = reading or Reading()
    for path in paths:
        try:
            for content in contents(path, lambda content: is_whole(_source(content))):
                try:
                    yield import_content(
                        content, library, reading=reading, dry_run=dry_run, progress=progress
                    )
                except InputError as error:
                    yield Failure(content.name, error, content.found)
        except InputError as error:
            yield Failure(shown(path), error)


def import_path(
    path: Path, library: Path, *, format: str = AUTO, progress: Progress | None = None
) -> ImportReport:
    """Import one file into a library, which is made where there is none.

    Raises:
        InputError: the file cannot be read, is in no known format, or is not one file.
        UsageError: there is no such format.
        LockedError: another process is writing to the library.
        CatalogError: the catalog cannot be written; nothing of the file is in it then.
    """
    if path.is_dir():
        raise InputError("this is a directory", where=shown(path), hint="Name the file to import")
    outcomes = list(import_paths([path], library, reading=Reading(format), progress=progress))
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            raise outcome.error
    reports = [outcome for outcome in outcomes if isinstance(outcome, ImportReport)]
    if len(reports) != 1:
        raise InputError(f"this holds {len(reports)} files", where=shown(path), hint="Import it as several")
    return reports[0]


def import_bytes(
    data: bytes, library: Path, *, format: str = AUTO, name: str, progress: Progress | None = None
) -> ImportReport:
    """Import the content of a file; as :func:`import_path`, with a name for it in messages."""
    return import_content(Content(name, data), library, reading=Reading(format), progress=progress)


def import_content(
    content: Content,
    library: Path,
    *,
    reading: Reading,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the content of one file; raises as :func:`import_path` does."""
    started = datetime.now(UTC)
    # Read first: a file in no known format must not leave an empty library behind.
    chosen, items = read(_source(content, reading), reading.format)
    with tempfile.TemporaryFile() as file, contextlib.ExitStack() as stack:
        spool = _Spool(content.name, file, reading.visibility)
        spool.fill(items, progress)
        if not spool.bookmarks and spool.problems:
            first = spool.problems[0]
            raise InputError(f"nothing in this file can be imported; {first.message}", where=first.where)
        if dry_run and not library.exists():
            library = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        else:
            _make_folder(library)
        return _store(spool, library, chosen, started, dry_run=dry_run, progress=progress)


def _source(content: Content, reading: Reading | None = None) -> Source:
    if content.folder is not None:
        return folder(content.folder)
    return Source(content.data, content.name, reading.columns if reading else {})


def _store(
    spool: _Spool,
    library: Path,
    format: str,
    started: datetime,
    *,
    dry_run: bool,
    progress: Progress | None,
) -> ImportReport:
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.catalog.intake import Effect, Intake
    from glane_indexer.language import bookmark_language
    from glane_indexer.library.locking import writer_lock

    changes: list[Change] = []

    def changed(effect: Effect, bookmark: Bookmark) -> None:
        if len(changes) < MAX_CHANGES:
            changes.append(Change(bookmark.id, bookmark.title, bookmark.url, effect))

    with (
        contextlib.suppress(_Trial),
        writer_lock(library, "importing"),
        Catalog.open(library, create=True) as catalog,
        catalog.transaction(),
    ):
        catalog.bound_memory()
        id = catalog.new_import_id()
        intake = Intake(catalog, id, language=bookmark_language, changed=changed if dry_run else None)
        intake.take(spool.drain(progress))
        counts = intake.counts
        report = ImportReport(
            import_id="" if dry_run else id,
            format=format,
            bookmarks=BookmarkCounts(
                counts.added, counts.updated, counts.merged, counts.unchanged, spool.skipped
            ),
            annotations=AnnotationCounts(counts.annotations_added, counts.duplicates),
            descriptions=spool.descriptions,
            private=spool.private,
            announced_missing=MissingCounts(spool.missing_bookmarks, spool.missing_annotations),
            problems=tuple(spool.problems),
            file=spool.name,
            merges=tuple(
                MergeLine(f"{spool.name}: {item.where}", item.into, item.id) for item in intake.merges
            ),
            changes=tuple(changes),
        )
        if dry_run:
            raise _Trial
        lists = ("file", "problems", "merges", "changes")
        summary = {key: value for key, value in report.to_json().items() if key not in lists}
        catalog.record_import(format, spool.name, started, summary)
    return report


def _make_folder(library: Path) -> None:
    try:
        library.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the library folder cannot be made: {error.strerror}",
            where=str(library),
            hint="Name another folder with --library",
        ) from error
