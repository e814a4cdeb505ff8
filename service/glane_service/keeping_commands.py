"""What the commands do that keep a library whole, small and safe. Each gives an exit code."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from glane_indexer.errors import UsageError
from glane_indexer.settings import Settings
from glane_service.indexing import passage_encoder
from glane_service.terminal import counted, print_json, printable

if TYPE_CHECKING:
    from glane_indexer.library.checking import Finding


def compact_command(options: Namespace, settings: Settings) -> int:
    """``glane compact``: the index in as few segments as there can be, and the catalog written anew."""
    from glane_indexer.library.compacting import compact_library

    _require_library(settings)
    report = compact_library(settings.library)
    if options.json:
        print_json(asdict(report))
        return 0
    print(
        f"Generation {report.generation}: {counted(report.segments_before, 'segment')} became "
        f"{report.segments}, without {counted(report.superseded, 'superseded bookmark')}; "
        f"{report.bytes_before / 1e6:.1f} MB of index and catalog became {report.bytes / 1e6:.1f} MB "
        f"in {report.seconds:.1f} s."
    )
    return 0


def check_command(options: Namespace, settings: Settings) -> int:
    """``glane check``: 1 where something is damaged."""
    from glane_indexer.library.checking import check

    _require_library(settings)
    return _print_findings(options, check(settings.library), [])


def repair_command(options: Namespace, settings: Settings) -> int:
    """``glane repair``: 1 where something is damaged still."""
    from glane_indexer.library.repairing import repair

    _require_library(settings)
    done, findings = repair(settings.library, lambda: passage_encoder(settings))
    return _print_findings(options, findings, done)


def backup_command(options: Namespace, settings: Settings) -> int:
    """``glane backup``: a folder that holds the library as it is now."""
    from glane_indexer.library.backup import backup

    _require_library(settings)
    report = backup(settings.library, options.folder)
    if options.json:
        print_json(asdict(report))
    else:
        print(
            f"{report.bookmarks} bookmarks, up to change {report.seq}, are in {report.folder} "
            f"({report.files} files, {report.bytes / 1e6:.1f} MB)."
        )
    return 0


def restore_command(options: Namespace, settings: Settings) -> int:
    """``glane restore``: the library as a backup has it, with its index."""
    from glane_indexer.index.build import build_generation
    from glane_indexer.library.backup import LOCK_SECONDS, restore

    report = restore(options.folder, settings.library, replace=options.replace)
    # The service that runs has seen it, too, and may be at it.
    build_generation(settings.library, passage_encoder(settings), wait=LOCK_SECONDS)
    if options.json:
        print_json({**asdict(report), "library": str(settings.library)})
    else:
        print(f"The library in {settings.library} has the {report.bookmarks} bookmarks of the backup.")
    return 0


def _require_library(settings: Settings) -> None:
    if not settings.library.is_dir():
        raise UsageError("there is no library here", where=str(settings.library))


def _print_findings(options: Namespace, findings: Sequence[Finding], done: Sequence[str]) -> int:
    damaged = any(item.level == "error" for item in findings)
    if options.json:
        print_json(
            {"ok": not damaged, "done": list(done), "findings": [item.to_json() for item in findings]}
        )
        return int(damaged)
    for line in done:
        print(printable(line))
    for item in findings:
        print(f"{item.part}: {item.level}: {printable(item.message)}")
    if not findings:
        print("Catalog, journal and index are whole and agree.")
    return int(damaged)
