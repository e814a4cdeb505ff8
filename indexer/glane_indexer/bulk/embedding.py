"""Embeds one shard of a library into Parquet files, beside many machines that embed the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.bulk import parquet
from glane_indexer.bulk.parquet import SUFFIX, Embeddings
from glane_indexer.bulk.shards import Shard, texts_of
from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.encoder.base import Encoder, Vectors
from glane_indexer.errors import InputError, LibraryError

# A file is written after so many texts or seconds: what is lost when a machine goes away.
FILE_TEXTS, FILE_SECONDS = 32_768, 60.0
# Texts are handed to the encoder so many at a time; a GPU is fed from each part in batches.
PART = 2048

Progress = Callable[[str, int, int], None]
logger = logging.getLogger("glane")


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What was embedded of a shard of ``texts``; the rest was there, in the files or in the catalog."""

    shard: str
    texts: int
    embedded: int
    files: int
    folder: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As ``glane index --shard --json`` prints it."""
        return asdict(self)


def embed_shard(
    library: Path,
    encoder: Encoder,
    shard: Shard,
    folder: Path,
    *,
    progress: Progress = lambda stage, done, total: None,
    clock: Callable[[], float] = time.monotonic,
) -> ShardReport:
    """Embed what is missing of a shard; the library's catalog is only read.

    Raises:
        CatalogError: there is no catalog, or it cannot be read.
        EncoderError: the encoder failed; what it had embedded is in the files.
        LibraryError: the files cannot be written.
    """
    started = clock()
    with Catalog.open(library, read_only=True) as catalog:
        texts = texts_of(catalog.bookmarks(), encoder, shard)
        missing = catalog.missing_embeddings(texts, encoder.info.fingerprint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = sorted(set(missing) - _embedded(folder, encoder.info.fingerprint))
        # Texts of like length together are embedded faster, the longest first.
        missing.sort(key=lambda hash: -len(texts[hash]))
        files = _write(encoder, shard, folder, {hash: texts[hash] for hash in missing}, progress, clock)
    except OSError as error:
        raise LibraryError(
            f"the embeddings cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Check the room on the disk and the rights of the folder",
        ) from error
    seconds = round(clock() - started, 3)
    return ShardReport(str(shard), len(texts), len(missing), files, str(folder), seconds)


def _embedded(folder: Path, fingerprint: str) -> set[str]:
    """What the files of a folder have already, of whichever shard."""
    found: set[str] = set()
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            found |= parquet.hashes_of(path, fingerprint)
        except InputError as error:
            logger.error("embedded again is what was in a damaged file: %s", error)
    return found


def _write(
    encoder: Encoder,
    shard: Shard,
    folder: Path,
    texts: dict[str, str],
    progress: Progress,
    clock: Callable[[], float],
) -> int:
    """Embed texts, in their order, and write files; how many these are."""
    probes = parquet.probe_rows(encoder) if texts else None
    hashes = list(texts)
    done = files = 0
    kept: list[Vectors] = []
    begun, since = 0, clock()

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress("Embedding", done, len(hashes))

    for start in range(0, len(hashes), PART):
        part = hashes[start : start + PART]
        kept.append(encoder.encode_passages([texts[hash] for hash in part], count))
        end = start + len(part)
        if end == len(hashes) or end - begun >= FILE_TEXTS or clock() - since >= FILE_SECONDS:
            assert probes is not None
            rows = Embeddings(hashes[begun:end], np.concatenate(kept))
            parquet.write(_name(folder, shard), encoder.info, rows, probes)
            files += 1
            kept, begun, since = [], end, clock()
    return files


def _name(folder: Path, shard: Shard) -> Path:
    """A name that no file here has."""
    number = 1
    while (path := folder / f"shard-{shard.number}-of-{shard.of}-{number:04d}{SUFFIX}").exists():
        number += 1
    return path
