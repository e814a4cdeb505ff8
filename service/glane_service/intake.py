"""The commands of ``glane`` by which bookmarks come in and go out."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime, time
from pathlib import Path

from glane_indexer.errors import QueryError, UsageError
from glane_indexer.settings import Settings
from glane_service.terminal import print_json


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


def counted(number: int, noun: str) -> str:
    """The number and the noun in its form: ``1 bookmark``, ``2 bookmarks``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _moment(text: str) -> datetime | None:
    """The first moment of a day, month or year that the command line names."""
    from glane_service.search.query import parse_day

    if not text:
        return None
    try:
        return datetime.combine(parse_day(text, "after"), time(), UTC)
    except QueryError as error:
        raise UsageError(error.message, where="--after", hint=error.hint) from None
