"""Takes embeddings that other machines have made into the catalog: all files, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glane_indexer.bulk import parquet
from glane_indexer.bulk.parquet import SUFFIX
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder
from glane_indexer.errors import InputError
from glane_indexer.library.locking import writer_lock

# So many bad files are named.
NAMED = 10


@dataclass(frozen=True, slots=True)
class TakeReport:
    """What was taken: ``new`` of the ``embeddings`` in the files were not in the catalog."""

    files: int
    embeddings: int
    new: int

    def to_json(self) -> dict[str, Any]:
        """As ``glane index --take --json`` prints it."""
        return asdict(self)


def take(library: Path, encoder: Encoder, named: Sequence[Path]) -> TakeReport:
    """Read every file, and when all are good, keep their vectors in the catalog.

    Args:
        named: files, and folders of files.

    Raises:
        InputError: a file is of another encoder, turned, or damaged; each is named, and nothing is taken.
        LockedError: another process is writing to the library.
        CatalogError: there is no catalog, or it cannot be written.
    """
    paths = _paths(named)
    probes = parquet.probe_rows(encoder)
    bad: list[InputError] = []
    count = 0
    for path in paths:
        try:
            count += parquet.check(path, encoder.info, probes)
        except InputError as error:
            bad.append(error)
    if bad:
        raise _refused(bad, len(paths))
    fingerprint, new, known = encoder.info.fingerprint, 0, set(probes.hashes)
    with writer_lock(library, "taking embeddings"), Catalog.open(library) as catalog, catalog.transaction():
        for path in paths:
            for rows in parquet.read(path, encoder.info):
                missing = set(catalog.missing_embeddings(rows.hashes, fingerprint)) - known
                places = [place for place, hash in enumerate(rows.hashes) if hash in missing]
                catalog.store_embeddings(
                    [rows.hashes[place] for place in places], rows.vectors[places], fingerprint
                )
                new += len(missing)
    return TakeReport(len(paths), count, new)


def _paths(named: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in named:
        inside = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not inside:
            raise InputError("there are no embeddings in this folder", where=str(path))
        found += inside
    return list(dict.fromkeys(found))


def _refused(bad: Sequence[InputError], count: int) -> InputError:
    if len(bad) == 1:
        (error,) = bad
        return InputError(f"{error.message}; nothing was taken", where=error.where, hint=error.hint)
    shown = "".join(f"\n  {error.where}: {error.message}" for error in bad[:NAMED])
    more = f"\n  and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return InputError(f"{len(bad)} of {count} files cannot be taken, and nothing was taken:{shown}{more}\n")
