"""One import: a file into the catalog, whole or not at all, with a report of what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glane_indexer.errors import InputError
from glane_indexer.importers.registry import AUTO, read
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Missing, Problem

# The whole file is held in memory while it is read.
MAX_BYTES = 1 << 30
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BookmarkCounts:
    """What became of the bookmarks of a file; skipped ones are reported with the reason."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """The bookmarks of the file that are now in the catalog."""
        return self.added + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class AnnotationCounts:
    """Annotations that are new in the catalog, and repeats within one bookmark of the file."""

    added: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class MissingCounts:
    """What the file announces and does not hold."""

    bookmarks: int = 0
    annotations: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    import_id: str
    format: str
    bookmarks: BookmarkCounts
    annotations: AnnotationCounts
    descriptions: int
    announced_missing: MissingCounts
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """The report as ``glane import --json`` prints it."""
        return {
            "import_id": self.import_id,
            "format": self.format,
            "bookmarks": asdict(self.bookmarks),
            "annotations": asdict(self.annotations),
            "descriptions": self.descriptions,
            "announced_missing": asdict(self.announced_missing),
            "problems": [{"where": item.where, "message": item.message} for item in self.problems],
        }


@dataclass(slots=True)
class _Tally:
    """Passes bookmarks on and keeps the rest."""

    name: str
    progress: Progress | None
    read: int = 0
    descriptions: int = 0
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0
    missing_bookmarks: int = 0
    missing_annotations: int = 0

    def bookmarks(self, items: Iterator[Imported]) -> Iterator[Bookmark]:
        for item in items:
            if isinstance(item, Bookmark):
                self.read += 1
                self.descriptions += bool(item.description)
                if self.progress:
                    self.progress(self.read)
                yield item
            elif isinstance(item, Problem):
                self.skipped += item.skipped
                self.problems.append(Problem(f"{self.name}: {item.where}", item.message, item.skipped))
            elif isinstance(item, Missing):
                self.missing_bookmarks += item.bookmarks
                self.missing_annotations += item.annotations


def import_path(
    path: Path, library: Path, *, format: str = AUTO, progress: Progress | None = None
) -> ImportReport:
    """Import a file into a library, which is made where there is none.

    Args:
        format: one of :data:`glane_indexer.importers.registry.FORMATS`, or ``auto``.
        progress: called with the number of bookmarks read so far.

    Raises:
        InputError: the file cannot be read, or is in no known format.
        UsageError: there is no such format.
        LockedError: another process is writing to the library.
        CatalogError: the catalog cannot be written; nothing of the file is in it then.
    """
    try:
        if path.is_dir():
            raise InputError("this is a directory", where=str(path), hint="Name the file to import")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                f"the file has {size / 1e9:.1f} GB, and at most 1 GB is read at a time",
                where=str(path),
                hint="Split it and import the parts one after another",
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    # A file's name need not be Unicode, and the catalog's texts are.
    name = str(path).encode("utf-8", "replace").decode()
    return import_bytes(data, library, format=format, name=name, progress=progress)


def import_bytes(
    data: bytes, library: Path, *, format: str = AUTO, name: str, progress: Progress | None = None
) -> ImportReport:
    """Import the content of a file; as :func:`import_path`, with a name for it in messages."""
    from glane_indexer.catalog.bookmarks import Catalog
    from glane_indexer.language import bookmark_language
    from glane_indexer.library.locking import writer_lock

    started = datetime.now(UTC)
    # Read first: a file in no known format must not leave an empty library behind.
    chosen, items = read(Source(data, name), format)
    _make_folder(library)
    tally = _Tally(name, progress)
    with (
        writer_lock(library, "importing"),
        Catalog.open(library, create=True) as catalog,
        catalog.transaction(),
    ):
        counts = catalog.upsert(tally.bookmarks(items), language=bookmark_language)
        if not tally.read and tally.problems:
            first = tally.problems[0]
            raise InputError(f"nothing in this file can be imported; {first.message}", where=first.where)
        report = ImportReport(
            import_id="",
            format=chosen,
            bookmarks=BookmarkCounts(counts.added, counts.updated, counts.unchanged, tally.skipped),
            annotations=AnnotationCounts(counts.annotations_added, counts.duplicates),
            descriptions=tally.descriptions,
            announced_missing=MissingCounts(tally.missing_bookmarks, tally.missing_annotations),
            problems=tuple(tally.problems),
        )
        summary = {key: value for key, value in report.to_json().items() if key != "problems"}
        identifier = catalog.record_import(chosen, name, started, summary)
    return replace(report, import_id=identifier)


def _make_folder(library: Path) -> None:
    try:
        library.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the library folder cannot be made: {error.strerror}",
            where=str(library),
            hint="Name another folder with --library",
        ) from error
