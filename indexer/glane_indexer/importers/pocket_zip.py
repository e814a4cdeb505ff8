"""Pocket's archive: ``part_*.csv`` and the highlights in ``annotations/part_*.json`` (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from glane_indexer.importers import generic_csv, pocket_csv, pocket_json
from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem


def recognise(source: Source) -> float:
    """Whether the archive has Pocket's parts."""
    return 1.0 if any(_part(name, ".csv") for name in source.members.names) else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The pages of all parts, each with its highlights; those whose page is in no part come last."""
    highlighted: dict[str, Bookmark] = {}
    for name in source.members.names:
        if _part(name, ".json"):
            for item in _named(name, pocket_json.read(source.members.source(name))):
                if isinstance(item, Bookmark):
                    before = highlighted.get(item.url)
                    kept = before.annotations if before else ()
                    highlighted[item.url] = replace(item, annotations=kept + item.annotations)
                else:
                    yield item
    for name in source.members.names:
        if _part(name, ".csv"):
            part = source.members.source(name)
            yield from part.problems
            # Collections that were shared have columns of their own.
            reader = pocket_csv if pocket_csv.recognise(part) else generic_csv
            for item in _named(name, reader.read(part)):
                if isinstance(item, Bookmark) and item.url in highlighted:
                    item = replace(item, annotations=highlighted.pop(item.url).annotations)
                yield item
    yield from highlighted.values()


def _named(name: str, items: Iterator[Imported]) -> Iterator[Imported]:
    for item in items:
        yield replace(item, where=f"{name}, {item.where}") if isinstance(item, Problem) else item


def _part(name: str, suffix: str) -> bool:
    path = PurePosixPath(name)
    return path.name.startswith("part_") and path.suffix == suffix
