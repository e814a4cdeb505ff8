"""The commands of ``glane`` by which bookmarks come in and go out."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from glane_indexer.errors import CatalogError, LockedError, QueryError, UsageError
from glane_indexer.settings import Settings
from glane_service.indexing import build, print_index
from glane_service.terminal import Progress, print_json, printable

if TYPE_CHECKING:
    from glane_indexer.library.reports import Failure, ImportReport


# Lines of one kind shown on a terminal before the rest are only counted.
SHOWN_LINES = 20


def import_command(options: Namespace, settings: Settings) -> int:
    """``glane import``: one file after another, each whole or not at all."""
    from glane_indexer.library.importing import Reading, import_paths
    from glane_indexer.library.reports import ImportReport, document

    reading = Reading(options.format, _columns(options.map), options.visibility)
    outcomes: list[ImportReport | Failure] = []
    try:
        with Progress("bookmarks", quiet=options.json) as progress:
            for outcome in import_paths(
                options.files, settings.library, reading=reading, dry_run=options.dry_run, progress=progress
            ):
                outcomes.append(outcome)
                if isinstance(outcome, ImportReport) and not options.json:
                    progress.clear()
                    _print_import(outcome, dry_run=options.dry_run)
                elif not isinstance(outcome, ImportReport):
                    progress.clear()
                    print(f"glane: {outcome.error}", file=sys.stderr)
    finally:
        # Whatever ends the command, what was finished before it is told.
        if options.json:
            print_json(document(outcomes, dry_run=options.dry_run))
    reports = [outcome for outcome in outcomes if isinstance(outcome, ImportReport)]
    failures = [outcome for outcome in outcomes if not isinstance(outcome, ImportReport)]
    named = [failure.error.exit_code for failure in failures if not failure.found or not reports]
    if named:
        return named[0]
    return 1 if options.strict and (failures or any(report.problems for report in reports)) else 0


def imports_command(options: Namespace, settings: Settings) -> int:
    """``glane imports``: every import, the first one first."""
    from glane_indexer.library.undoing import imports

    records = imports(settings.library)
    if options.json:
        print_json(
            {
                "imports": [
                    {
                        "id": record.id,
                        "format": record.format,
                        "file": record.file,
                        "started_at": record.started_at.isoformat(),
                        "finished_at": record.finished_at.isoformat(),
                        "undone_at": record.undone_at.isoformat() if record.undone_at else None,
                        "counts": dict(record.counts),
                    }
                    for record in records
                ]
            }
        )
        return 0
    for record in records:
        counts = record.counts.get("bookmarks", {})
        facts = ", ".join(f"{counts[name]:,} {name}" for name in counts if counts[name])
        undone = f" (taken back {record.undone_at:%Y-%m-%d %H:%M})" if record.undone_at else ""
        when = f"{record.finished_at.astimezone():%Y-%m-%d %H:%M}"
        print(
            f"{record.id}  {when}  {record.format}  {printable(record.file)}: {facts or 'nothing'}{undone}"
        )
    if not records:
        print("Nothing was imported yet.")
    return 0


def undo_command(options: Namespace, settings: Settings) -> int:
    """``glane undo``: the library without what one import brought."""
    from glane_indexer.library.undoing import undo_import

    report = undo_import(settings.library, options.import_id)
    if options.json:
        print_json(asdict(report))
    else:
        print(
            f"Import {report.import_id} ({printable(report.file)}) is taken back: "
            f"{counted(report.deleted, 'bookmark')} gone, {report.updated:,} changed. "
            "Run `glane index` to search what is left."
        )
    return 0


def export_command(options: Namespace, settings: Settings) -> int:
    """``glane export``: to a file, whole or not at all, or to stdout."""
    from glane_indexer.exporters.registry import Selection
    from glane_indexer.library.exporting import export, export_to_file

    selection = Selection(tuple(options.tag), options.by, _moment(options.after))
    if options.file in (None, "-"):
        if options.json:
            raise UsageError("--json needs a FILE: the export itself goes to standard output")
        export(settings.library, sys.stdout, format=options.format, selection=selection)
        return 0
    count = export_to_file(settings.library, Path(options.file), format=options.format, selection=selection)
    if options.json:
        print_json({"file": options.file, "format": options.format, "bookmarks": count})
    else:
        print(f"{counted(count, 'bookmark')} written to {options.file}.")
    return 0


def watch_command(options: Namespace, settings: Settings) -> int:
    """``glane watch``: until it is stopped, or once."""
    from glane_indexer.library.reports import ImportReport, document
    from glane_indexer.library.watching import take

    def round() -> list[ImportReport | Failure]:
        outcomes = []
        with Progress("bookmarks", quiet=options.json) as progress:
            for outcome in take(options.folder, settings.library, progress=progress):
                outcomes.append(outcome)
                progress.clear()
                if not isinstance(outcome, ImportReport):
                    print(f"glane: {outcome.error}", file=sys.stderr)
                elif not options.json:
                    _print_import(outcome, dry_run=False)
        if any(isinstance(outcome, ImportReport) for outcome in outcomes):
            report = build(settings, quiet=options.json)
            if not options.json:
                print_index(report)
        return outcomes

    if options.json and not options.once:
        raise UsageError("--json needs --once: a watch that goes on is no one document")
    outcomes = round()
    if options.json:
        print_json(document(outcomes, dry_run=False))
    if options.once:
        return 0
    from watchfiles import watch

    print(f"Watching {options.folder}; Ctrl-C ends it.", file=sys.stderr)
    for _ in watch(options.folder, raise_interrupt=True):
        try:
            round()
        except (CatalogError, LockedError) as error:
            # Somebody else is at it: the files are taken with the next change.
            print(f"glane: {error}", file=sys.stderr)
    return 0


def sync_command(options: Namespace, settings: Settings) -> int:
    """``glane sync``: what changed at a live source since the last time."""
    from glane_indexer.library.sources.client import Client
    from glane_indexer.library.sources.registry import SOURCES
    from glane_indexer.library.syncing import sync, token_of

    source = SOURCES[options.source]
    token = token_of(source, options.token_file)
    with (
        Client(token=token, variable=source.variable) as client,
        Progress("records", quiet=options.json) as progress,
    ):
        report = sync(settings.library, source, client, url=options.url, progress=progress)
    if options.json:
        print_json(report.to_json())
        return 0
    print(
        f"{source.name}: {counted(report.records, 'record')} changed, {report.gone:,} gone; "
        f"{counted(report.added, 'bookmark')} added, {report.updated:,} updated, {report.deleted:,} deleted"
    )
    _print_lines([f"{problem.where}: {problem.message}" for problem in report.problems], sys.stderr)
    return 0


def counted(number: int, noun: str) -> str:
    """The number and the noun in its form: ``1 bookmark``, ``2 bookmarks``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _columns(text: str) -> dict[str, str]:
    """The columns that ``--map title=Titre,url=Lien`` names.

    Raises:
        UsageError: it is not written like that.
    """
    columns: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, column = part.partition("=")
        if not equals or not name.strip() or not column.strip():
            raise UsageError(
                f"{part!r} is not NAME=COLUMN", where="--map", hint="Write --map title=Titre,url=Lien"
            )
        columns[name.strip()] = column.strip()
    return columns


def _print_import(report: ImportReport, *, dry_run: bool) -> None:
    bookmarks, annotations = report.bookmarks, report.annotations
    if dry_run:
        _print_lines(
            [
                f"{item.change}: {printable(item.title)} {printable(item.url)}".rstrip()
                for item in report.changes
            ],
            sys.stdout,
        )
    print(
        f"{printable(report.file)} ({report.format}): {counted(bookmarks.added, 'bookmark')} "
        f"{'would be added' if dry_run else 'added'}, {bookmarks.updated:,} updated, "
        f"{bookmarks.merged:,} merged, {bookmarks.unchanged:,} unchanged, {bookmarks.skipped:,} skipped; "
        f"{counted(annotations.added, 'annotation')} added, {counted(annotations.duplicates, 'duplicate')}"
    )
    if report.private:
        total = bookmarks.total
        again = f"`glane undo {report.import_id}`, then import" if report.import_id else "import"
        print(
            f"PRIVATE: {'all' if report.private == total else f'{report.private:,} of the'} {total:,} are "
            f"private, since the file marks them so; only members find them, with a key. To show them to "
            f"everyone, {again} with --visibility public."
        )
    _print_lines([f"{item.where} is one page with {item.into}" for item in report.merges], sys.stderr)
    missing = report.announced_missing
    if missing.bookmarks or missing.annotations:
        print(
            f"The source announces {counted(missing.bookmarks, 'bookmark')} and "
            f"{counted(missing.annotations, 'annotation')} that it does not hold."
        )
    _print_lines([f"{problem.where}: {problem.message}" for problem in report.problems], sys.stderr)


def _print_lines(lines: list[str], stream: TextIO) -> None:
    for line in lines[:SHOWN_LINES]:
        print(f"  {printable(line)}", file=stream)
    if len(lines) > SHOWN_LINES:
        print(f"  … and {len(lines) - SHOWN_LINES:,} more", file=stream)


def _moment(text: str) -> datetime | None:
    """The first moment of a day, month or year that the command line names."""
    from glane_service.search.query import parse_day

    if not text:
        return None
    try:
        return datetime.combine(parse_day(text, "after"), time(), UTC)
    except QueryError as error:
        raise UsageError(error.message, where="--after", hint=error.hint) from None
