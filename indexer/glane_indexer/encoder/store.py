"""Prepared encoders in the cache: where each lies, what it is, and whether it is whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

DEFAULT = "default"
RECORD = "model.json"
GRAPH = "encoder.onnx"
TOKENIZER = "tokenizer.json"
SOURCE = "sentence-transformers"
# Raise it when a folder made by an older version must be made anew.
SCHEMA_VERSION = 1
_REMEDY = "Run `glane model prepare --force` to make it anew"


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """What ``model.json`` says of a prepared encoder.

    ``runtime`` is ``onnx``, or ``torch`` for a model that cannot be exported; ``source`` is the
    sentence-transformers name or folder it was made from; ``files`` are sizes in bytes by name.
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
    fingerprint: str
    files: dict[str, int]
    sha256: dict[str, str]

    @property
    def info(self) -> EncoderInfo:
        """What identifies the encoder."""
        return EncoderInfo(self.name, self.fingerprint, self.dimensions, self.max_tokens)


def folder_of(settings: Settings) -> Path:
    """Where the encoder of these settings is kept once prepared."""
    model = settings.model
    key = f"{SCHEMA_VERSION}\n{model}\n{settings.precision}"
    if Path(model).is_dir():
        key += "".join(
            f"\n{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}"
            for path in sorted(Path(model).rglob("*"))
            if path.is_file()
        )
    short = hashlib.sha256(key.encode()).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model).name or model)[:60]
    return settings.cache / "models" / f"{name}-{settings.precision}-{short}"


def read(folder: Path, *, thorough: bool = False) -> PreparedModel | None:
    """The prepared encoder in a folder, checked; None where there is none.

    Sizes are always compared; with ``thorough`` the SHA-256 of every file is too.

    Raises:
        EncoderError: it is damaged; says which file.
    """
    try:
        values: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        if values.get("schema") != SCHEMA_VERSION:
            return None
        record = PreparedModel(**values)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
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
        if thorough and sha256(path) != record.sha256[name]:
            raise EncoderError("its checksum does not match", where=str(path), hint=_REMEDY)
    return record


def write(folder: Path, record: dict[str, Any]) -> PreparedModel:
    """Complete a folder with its record: the sizes and checksums of all its files."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    prepared = PreparedModel(
        schema=SCHEMA_VERSION,
        files={str(path.relative_to(folder)): path.stat().st_size for path in paths},
        sha256={str(path.relative_to(folder)): sha256(path) for path in paths},
        **record,
    )
    text = json.dumps(asdict(prepared), indent=2, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, "utf-8")
    return prepared


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` to prepare in, which replaces it when all went well.

    One process at a time prepares a model; another waits for it here.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in folder.parent.glob(f".{folder.name}.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
        try:
            yield place
            # Whatever is in the way: a damaged model, or one that another process just made.
            shutil.rmtree(folder, ignore_errors=True)
            os.replace(place, folder)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
