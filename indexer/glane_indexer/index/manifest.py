"""What a generation says of itself, and the check that it is so."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import EncoderMismatchError, GenerationError
from glane_indexer.text import ANALYSIS_VERSION

MANIFEST = "manifest.json"
# Raise it when the files of a generation change their layout or their meaning.
SCHEMA_VERSION = 2
_REBUILD = "Run `glane index --force` to build a new one, or `glane index --rollback` for the one before"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a generation holds."""

    bookmarks: int
    annotations: int
    descriptions: int
    contributors: int
    passages: int

    def to_json(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Manifest:
    """``files`` are (bytes, SHA-256) by path within the generation; ``seq`` is the last change in it."""

    schema: int
    analysis: int
    encoder: EncoderInfo
    counts: Counts
    catalog_version: str
    created_at: str
    files: dict[str, tuple[int, str]]
    seq: int = 0

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(size for size, _ in self.files.values())


def write_manifest(
    folder: Path, *, encoder: EncoderInfo, counts: Counts, catalog_version: str, seq: int = 0
) -> Manifest:
    """Complete a generation: everything in the folder is measured, and safely on the disk."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    manifest = Manifest(
        schema=SCHEMA_VERSION,
        analysis=ANALYSIS_VERSION,
        encoder=encoder,
        counts=counts,
        catalog_version=catalog_version,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files={str(path.relative_to(folder)): (path.stat().st_size, _sha256(path)) for path in paths},
        seq=seq,
    )
    path = folder / MANIFEST
    path.write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    for written in [*paths, path]:
        sync(written)
    for inner in {item.parent for item in paths} | {folder}:
        sync(inner)
    return manifest


def read_manifest_file(folder: Path) -> Manifest:
    """The manifest in a folder.

    Raises:
        GenerationError: it is missing or damaged.
    """
    path = folder / MANIFEST
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Manifest(
            schema=int(values["schema"]),
            analysis=int(values["analysis"]),
            encoder=EncoderInfo(**values["encoder"]),
            counts=Counts(**values["counts"]),
            catalog_version=str(values["catalog_version"]),
            created_at=str(values["created_at"]),
            files={str(name): (int(size), str(hash)) for name, (size, hash) in values["files"].items()},
            seq=int(values.get("seq", 0)),
        )
    except FileNotFoundError:
        raise GenerationError("the generation has no manifest", where=str(path), hint=_REBUILD) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise GenerationError(
            f"the generation's manifest is damaged: {error}", where=str(path), hint=_REBUILD
        ) from error


def check(folder: Path, manifest: Manifest, encoder: EncoderInfo | None) -> None:
    """Compare a generation with its manifest, with this program and with an encoder.

    Raises:
        EncoderMismatchError: it was built with another encoder.
        GenerationError: it is of another version, or a file of it is missing or damaged.
    """
    for name, found, ours in (
        ("schema", manifest.schema, SCHEMA_VERSION),
        ("text analysis", manifest.analysis, ANALYSIS_VERSION),
    ):
        if found != ours:
            raise GenerationError(
                f"the index has version {found} of the {name}, and this Glane reads version {ours}",
                where=str(folder),
                hint="Run `glane index` to build a new one",
            )
    if encoder is not None and manifest.encoder.fingerprint != encoder.fingerprint:
        raise EncoderMismatchError(
            f"the index was built with the encoder {manifest.encoder.name} "
            f"({manifest.encoder.fingerprint}), and {encoder.name} ({encoder.fingerprint}) is set",
            where=str(folder),
            hint="Run `glane index` to build a new one with it, or set GLANE_MODEL and GLANE_PRECISION "
            "to what they were",
        )
    for name, (size, expected) in manifest.files.items():
        path = folder / name
        try:
            found_size = path.stat().st_size
            if found_size != size:
                raise GenerationError(
                    f"the file has {found_size} bytes, and should have {size}",
                    where=str(path),
                    hint=_REBUILD,
                )
            if _sha256(path) != expected:
                raise GenerationError("the file's checksum does not match", where=str(path), hint=_REBUILD)
        except OSError as error:
            raise GenerationError(
                f"the file cannot be read: {error.strerror}", where=str(path), hint=_REBUILD
            ) from error


def sync(path: Path) -> None:
    """Have a file or a folder's list of files safely on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
