"""Prepared encoders in the cache: where each lies, what it is, and whether it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

DEFAULT = "default"
RECORD = "model.json"
GRAPH = "encoder.onnx"
TOKENIZER = "tokenizer.json"
PROBES = "probes.npz"
SOURCE = "sentence-transformers"
# Raise it when a folder made by an older version must be made anew.
SCHEMA_VERSION = 4
# Part of the fingerprint: raise it when the same model would give other vectors than before.
EXPORT_VERSION = 5
_REMEDY = "Run `glane model prepare` to make it anew"
_DECIDING = (
    "precision",
    "pooling",
    "query_prefix",
    "passage_prefix",
    "dimensions",
    "max_tokens",
    "weights",
)


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """What ``model.json`` says of a prepared encoder.

    ``runtime`` is ``onnx``, or ``torch`` for a model that cannot be exported; ``source`` is the
    sentence-transformers name or folder it was made from; ``weights`` is the hash of its weights and
    tokenizer; ``files`` are sizes in bytes by name, and ``sha256`` their hashes.
    """

    schema: int
    name: str
    source: str
    runtime: str
    precision: str
    pooling: str
    query_prefix: str
    passage_prefix: str
    dimensions: int
    max_tokens: int
    pad: int
    weights: str
    fingerprint: str
    files: dict[str, int]
    sha256: dict[str, str]

    @property
    def info(self) -> EncoderInfo:
        """What identifies the encoder."""
        return EncoderInfo(self.name, self.fingerprint, self.dimensions, self.max_tokens)


def fingerprint(record: dict[str, Any]) -> str:
    """A short hash over all that changes the vectors; the model's name and its place do not."""
    facts = [EXPORT_VERSION, "unit length", *(record[name] for name in _DECIDING)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def folder_of(settings: Settings) -> Path:
    """Where the encoder of these settings is kept once prepared.

    A model in a folder is known by its files' sizes and times too: trained further, it is another.
    """
    model = settings.model
    key = f"{SCHEMA_VERSION}\n{model}\n{settings.precision}"
    place = Path(model).expanduser()
    if model != DEFAULT and place.is_dir():
        place = place.resolve()
        key += f"\n{place}" + "".join(
            f"\n{path.relative_to(place)} {path.stat().st_size} {path.stat().st_mtime_ns}"
            for path in sorted(place.rglob("*"))
            if path.is_file()
        )
    short = hashlib.sha256(key.encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", place.name or model)[:60]
    return settings.cache.expanduser() / "models" / f"{name}-{settings.precision}-{short}"


def read(folder: Path, *, thorough: bool = False) -> PreparedModel | None:
    """The prepared encoder in a folder, checked; None where there is none.

    All sizes are compared, and the SHA-256 of the files that serving reads (a tenth of a second);
    with ``thorough``, that of every file.

    Raises:
        EncoderError: it is damaged; says which file.
    """
    try:
        values: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        if values["schema"] != SCHEMA_VERSION:
            return None
        record = PreparedModel(**values)
        for item in fields(PreparedModel):
            kind = {"int": int, "str": str}.get(str(item.type), dict)
            if not isinstance(getattr(record, item.name), kind):
                raise TypeError(f"{item.name} is not of the type {kind.__name__}")
    except (FileNotFoundError, NotADirectoryError):
        if not folder.exists():
            return None
        raise EncoderError("the file is missing", where=str(folder / RECORD), hint=_REMEDY) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EncoderError(
            f"the prepared encoder's record is damaged: {error}",
            where=str(folder / RECORD),
            hint=_REMEDY,
        ) from error
    for name, size in record.files.items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            raise EncoderError(
                "the file is missing" if found is None else f"it has {found} bytes, not {size}",
                where=str(path),
                hint=_REMEDY,
            )
        if (thorough or name in (GRAPH, TOKENIZER, PROBES)) and sha256(path) != record.sha256.get(name):
            raise EncoderError("its checksum does not match", where=str(path), hint=_REMEDY)
    return record


def write(folder: Path, record: dict[str, Any]) -> PreparedModel:
    """Complete a folder with its record: the fingerprint, the sizes and checksums of all its files."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    prepared = PreparedModel(
        schema=SCHEMA_VERSION,
        fingerprint=fingerprint(record),
        files={str(path.relative_to(folder)): path.stat().st_size for path in paths},
        sha256={str(path.relative_to(folder)): sha256(path) for path in paths},
        **record,
    )
    text = json.dumps(asdict(prepared), indent=2, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, "utf-8")
    # On the disk before it gets its name: a power cut must not leave a model of empty files.
    for path in [*paths, folder / RECORD]:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    return prepared


@contextmanager
def locked(folder: Path, *, quiet: bool = False) -> Iterator[None]:
    """Be the only process that prepares this model; another waits for it here.

    The system releases the lock however the process ends.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not quiet:
                print("Another process is preparing this encoder; waiting for it", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` to prepare in, which replaces it when all went well.

    Only under the lock: what it finds there was left by a process that was killed.
    """
    place = folder.with_name(f".{folder.name}.new")
    old = folder.with_name(f".{folder.name}.old")
    for leftover in (place, old):
        shutil.rmtree(leftover, ignore_errors=True)
    place.mkdir()
    try:
        yield place
        if folder.exists():
            folder.replace(old)
        place.replace(folder)
    finally:
        for leftover in (place, old):
            shutil.rmtree(leftover, ignore_errors=True)


def write_probes(folder: Path, probes: Probes) -> None:
    """Keep texts and their vectors in full precision beside the graph that was made of it."""
    np.savez(folder / PROBES, texts=np.array(probes.texts), vectors=probes.vectors)


def read_probes(folder: Path) -> Probes:
    """The probes of a prepared encoder.

    Raises:
        EncoderError: they cannot be read.
    """
    try:
        with np.load(folder / PROBES, allow_pickle=False) as arrays:
            return Probes(tuple(map(str, arrays["texts"])), arrays["vectors"])
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"the prepared encoder's probes cannot be read: {error}",
            where=str(folder / PROBES),
            hint=_REMEDY,
        ) from error


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
