"""What an import did, for people and for programs (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glane_indexer.errors import GlaneError
from glane_indexer.models import Problem


@dataclass(frozen=True, slots=True)
class BookmarkCounts:
    """What became of the bookmarks of a file; skipped ones are reported with the reason.

    A bookmark is merged where an earlier record of the file is of the same page, or where other imports
    knew all that it says; it is unchanged where just the same was imported before.
    """

    added: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """The records of the file that are now in the catalog."""
        return self.added + self.updated + self.merged + self.unchanged


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
class MergeLine:
    """A record that was put together with another account of its page: where both are, in words."""

    where: str
    into: str
    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """A bookmark that an import adds or updates."""

    id: str
    title: str
    url: str
    change: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import of one file did; ``changes`` only where it was a trial.

    ``private`` is how many of its bookmarks only members see.
    """

    import_id: str
    format: str
    bookmarks: BookmarkCounts
    annotations: AnnotationCounts
    descriptions: int
    announced_missing: MissingCounts
    problems: tuple[Problem, ...]
    file: str = ""
    merges: tuple[MergeLine, ...] = ()
    changes: tuple[Change, ...] = ()
    private: int = 0

    def to_json(self) -> dict[str, Any]:
        """The report as ``glane import --json`` prints it for a file."""
        return {
            "file": self.file,
            "import_id": self.import_id,
            "format": self.format,
            "bookmarks": asdict(self.bookmarks),
            "annotations": asdict(self.annotations),
            "descriptions": self.descriptions,
            "private": self.private,
            "announced_missing": asdict(self.announced_missing),
            "problems": [{"where": item.where, "message": item.message} for item in self.problems],
            "merges": [asdict(item) for item in self.merges],
            "changes": [asdict(item) for item in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not taken; ``found`` says that it was come across in a folder or an archive."""

    file: str
    error: GlaneError
    found: bool = False


def document(outcomes: Sequence[ImportReport | Failure], *, dry_run: bool) -> dict[str, Any]:
    """One document for any number of files: sums, and under ``files`` and ``failed`` each by itself.

    ``import_id`` and ``format`` are those of the last file that was taken, "" where none was.
    """
    reports = [item for item in outcomes if isinstance(item, ImportReport)]
    parts = [report.to_json() for report in reports]
    last = reports[-1] if reports else None
    return {
        "dry_run": dry_run,
        "import_id": last.import_id if last else "",
        "format": last.format if last else "",
        "bookmarks": _sum([part["bookmarks"] for part in parts], asdict(BookmarkCounts())),
        "annotations": _sum([part["annotations"] for part in parts], asdict(AnnotationCounts())),
        "descriptions": sum(report.descriptions for report in reports),
        "private": sum(report.private for report in reports),
        "announced_missing": _sum([part["announced_missing"] for part in parts], asdict(MissingCounts())),
        "problems": [item for part in parts for item in part["problems"]],
        "merges": [item for part in parts for item in part["merges"]],
        "files": parts,
        "failed": [
            {"file": item.file, "message": str(item.error)}
            for item in outcomes
            if isinstance(item, Failure)
        ],
    }


def _sum(counts: list[dict[str, int]], zero: dict[str, int]) -> dict[str, int]:
    return {name: sum(count[name] for count in counts) for name in zero}
