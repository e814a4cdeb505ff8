"""Embeddings in Parquet files: the hash of the text, the fingerprint of the encoder, and the vector.

Every file also has the vectors of a few known texts, by which whoever takes it sees that the encoder which
wrote it is the one at home: on another machine, another build of a library can turn what an encoder gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from glane_indexer.encoder.base import Encoder, EncoderInfo, Vectors
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.errors import InputError
from glane_indexer.index.manifest import sync
from glane_indexer.passages import text_hash

if TYPE_CHECKING:
    import duckdb

SUFFIX = ".parquet"
COLUMNS = {"hash": "VARCHAR", "fingerprint": "VARCHAR", "vector": "FLOAT[]"}
# How far a vector's length may be from 1: half precision rounds to three digits.
LENGTH = 2e-3
# So many vectors are in memory while a file is read.
BATCH = 8192
_COPY = (
    "COPY (SELECT hash, ? AS fingerprint, list(value ORDER BY number) AS vector "
    "FROM numbers JOIN names USING (place) GROUP BY place, hash ORDER BY place)"
)
_FORM = "(FORMAT PARQUET, COMPRESSION zstd)"
PROBES = (
    "Le boulanger ouvre sa boutique avant le lever du jour.",
    "Qui entretient les sentiers que personne ne possède ?",
    "The ferry was late, and nobody on the quay seemed to mind.",
    "Ein Wörterbuch ist ein Garten, in dem jeder anders spazieren geht.",
    "El puente une dos barrios que antes apenas se hablaban.",
    "Le rapport compte quatre parties : les sources, la méthode, les résultats, et ce qui reste à faire. "
    * 4,
)


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Some rows of a file: hashes, and their vectors, float32 ``[n, d]``, as they were written."""

    hashes: list[str]
    vectors: Vectors


def probe_rows(encoder: Encoder) -> Embeddings:
    """The known texts as this encoder sees them."""
    return Embeddings([text_hash(text) for text in PROBES], encoder.encode_passages(list(PROBES)))


def write(path: Path, info: EncoderInfo, rows: Embeddings, probes: Embeddings) -> None:
    """Write a file, whole or not at all, and have it safely on the disk.

    Raises:
        OSError: it cannot be written.
    """
    hashes = [*rows.hashes, *probes.hashes]
    vectors = np.concatenate([rows.vectors, probes.vectors]).astype(np.float32, copy=False)
    count, dimensions = vectors.shape
    names = np.empty(count, object)
    names[:] = hashes
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    with _database() as database:
        database.register("names", {"place": np.arange(count), "hash": names})
        # One number a row, put together there: lists that Python makes take twenty times as long.
        database.register(
            "numbers",
            {
                "place": np.repeat(np.arange(count), dimensions),
                "number": np.tile(np.arange(dimensions), count),
                "value": vectors.reshape(-1),
            },
        )
        try:
            database.execute(f"{_COPY} TO {_text(draft)} {_FORM}", [info.fingerprint])
        except _errors() as error:
            draft.unlink(missing_ok=True)
            raise OSError(f"the file cannot be written: {_first_line(error)}") from error
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def hashes_of(path: Path, fingerprint: str) -> set[str]:
    """The hashes of the texts that a file has this encoder's vectors of.

    Raises:
        InputError: it is no such file.
    """
    with _reading(path) as database:
        _check_columns(database, path)
        rows = database.execute(
            f"SELECT hash FROM read_parquet({_pattern(path)}) WHERE fingerprint = ?",  # noqa: S608
            [fingerprint],
        ).fetchall()
    return {str(hash) for (hash,) in rows}


def check(path: Path, info: EncoderInfo, probes: Embeddings) -> int:
    """Read all of a file and see that it can be taken; how many embeddings it has, without the known texts.

    Args:
        probes: the known texts as the encoder at home sees them.

    Raises:
        InputError: it is of another encoder, or its encoder turned, or it is damaged; it says what.
    """
    found: dict[str, Vectors] = {}
    count = 0
    for rows in read(path, info):
        named = zip(rows.hashes, rows.vectors, strict=True)
        found |= {hash: vector for hash, vector in named if hash in probes.hashes}
        count += sum(hash not in probes.hashes for hash in rows.hashes)
    if set(found) != set(probes.hashes):
        raise InputError("it does not have the known texts, so its encoder cannot be told", where=str(path))
    fidelity = Probes(PROBES, probes.vectors).fidelity(np.stack([found[hash] for hash in probes.hashes]))
    if not fidelity.holds:
        raise InputError(
            f"its encoder gives other vectors than the one here, for the same texts ({fidelity})",
            where=str(path),
            hint="Run `glane model prepare --force` on both machines, and embed this shard again",
        )
    return count


def read(path: Path, info: EncoderInfo) -> Iterator[Embeddings]:
    """The rows of a file, some thousands at a time, each checked.

    Raises:
        InputError: a row is not what it should be, or the file cannot be read.
    """
    with _reading(path) as database:
        _check_columns(database, path)
        result = database.execute(
            f"SELECT hash, fingerprint, vector FROM read_parquet({_pattern(path)})"  # noqa: S608
        )
        while rows := result.fetchmany(BATCH):
            for hash, fingerprint, vector in rows:
                _check_row(path, info, hash, fingerprint, vector)
            vectors = np.array([vector for _, _, vector in rows], np.float32)
            lengths = np.linalg.norm(vectors, axis=1)
            if not np.isfinite(vectors).all() or np.abs(lengths - 1).max() > LENGTH:
                raise InputError("it has a vector that is no number, or not of length 1", where=str(path))
            yield Embeddings([hash for hash, _, _ in rows], vectors / lengths[:, None])


def _check_row(
    path: Path, info: EncoderInfo, hash: object, fingerprint: object, vector: Sequence[float] | None
) -> None:
    if fingerprint != info.fingerprint:
        raise InputError(
            f"it is of the encoder {str(fingerprint)[:40]}, and {info.name} ({info.fingerprint}) is set",
            where=str(path),
            hint="Set GLANE_MODEL and GLANE_PRECISION to what the shard was made with, or embed it again",
        )
    if not isinstance(hash, str) or len(hash) != 32 or set(hash) - set("0123456789abcdef"):
        raise InputError(f"it has a hash {str(hash)[:40]!r} that is none", where=str(path))
    if vector is None or len(vector) != info.dimensions or None in vector:
        found = "no vector" if vector is None else f"a vector of {len(vector)} numbers"
        raise InputError(f"it has {found}, and {info.dimensions} are needed", where=str(path))


def _check_columns(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    found = database.execute(f"DESCRIBE SELECT * FROM read_parquet({_pattern(path)})").fetchall()  # noqa: S608
    if {name: kind for name, kind, *_ in found} != COLUMNS:
        shown = ", ".join(f"{name} {kind}" for name, kind, *_ in found)[:200]
        wanted = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        raise InputError(f"its columns are {shown}, and should be {wanted}", where=str(path))


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not path.is_file():
        raise InputError("there is no such file", where=str(path))
    with _database() as database:
        try:
            yield database
        except _errors() as error:
            raise InputError(
                f"it is no Parquet file, or damaged: {_first_line(error)}", where=str(path)
            ) from error


@contextmanager
def _database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that looks for nothing on the network."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(config=config) as database:
        yield database


def _errors() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _text(text: object) -> str:
    """A text of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def _pattern(path: Path) -> str:
    """A path as a text of SQL where patterns are understood: of this file alone."""
    return _text("".join(f"[{char}]" if char in "*?[" else char for char in str(path)))
