"""What a generation says of itself: a short JSON file that lists its segments."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.compatibility import Compatibility
from glane_indexer.index.local.arrays import REBUILD
from glane_indexer.index.segment import SegmentFile
from glane_indexer.text import ANALYSIS_VERSION

# Raise it when the files of an index change their layout or their meaning. Version 2, of Glane 0.1, had a
# folder of files a generation; version 3 had other checksums.
SCHEMA_VERSION = 4
_READ = Compatibility(
    "the index",
    SCHEMA_VERSION,
    old="Run `glane index` to bring it up to date; nothing is embedded again",
    foreign="Run `glane index` to build a new one with it, or set GLANE_MODEL and GLANE_PRECISION "
    "to what they were",
)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Member:
    """A segment as one generation has it: ``alive`` says which of its rows are not superseded."""

    file: SegmentFile
    alive: Mask

    @property
    def bookmarks(self) -> int:
        """How many bookmarks the generation has here."""
        return int(np.count_nonzero(self.alive))


@dataclass(frozen=True, slots=True)
class Manifest:
    """``questions`` are those known to have an answer, with the ids of the bookmarks that answer them.

    ``catalog_version`` and ``seq`` say which state of the catalog, and which change, it was made from;
    ``merges`` how many times segments were merged on the way to it.
    """

    encoder: EncoderInfo
    catalog_version: str
    seq: int
    created_at: str
    questions: Sequence[tuple[str, Sequence[str]]]
    members: Sequence[Member]
    passages: int = 0
    merges: int = 0
    schema: int = SCHEMA_VERSION
    analysis: int = ANALYSIS_VERSION

    @property
    def total_bytes(self) -> int:
        """The size of all segments together."""
        return sum(member.file.size for member in self.members)

    @property
    def identity(self) -> str:
        """What no other generation has, the same wherever it is read."""
        return _checksum(to_json(self))

    @property
    def superseded(self) -> int:
        """How many bookmarks lie in its segments that are not its any more."""
        return sum(member.file.bookmarks - member.bookmarks for member in self.members)

    def check(self, where: str, encoder: EncoderInfo | None) -> None:
        """Compare it with this program and with an encoder.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: it is of another version.
        """
        _READ.check(where, self.schema, self.analysis, self.encoder, encoder)


def write(path: Path, manifest: Manifest) -> None:
    """Write a generation's file, whole or not at all, and have it safely on the disk.

    Raises:
        OSError: it cannot be written.
    """
    values = to_json(manifest)
    draft = path.with_name(f".{path.name}")
    with draft.open("wb") as stream:
        whole = {"checksum": _checksum(values), "generation": values}
        stream.write(json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    sync(path.parent)


def read(path: Path) -> Manifest:
    """Read a generation's file.

    Raises:
        GenerationError: it is missing or damaged.
    """
    try:
        whole = json.loads(path.read_bytes())
        values: dict[str, Any] = whole["generation"]
        if whole["checksum"] != _checksum(values):
            raise ValueError("its checksum does not match")
        return from_json(values)
    except FileNotFoundError:
        if (path.parent / path.stem).is_dir():
            raise GenerationError(
                "the index was written by Glane 0.1",
                where=str(path.parent / path.stem),
                hint="Run `glane index` to bring it up to date; nothing is embedded again",
            ) from None
        raise GenerationError("the generation's file is missing", where=str(path), hint=REBUILD) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zlib.error) as error:
        raise GenerationError(
            f"the generation's file is damaged: {error}", where=str(path), hint=REBUILD
        ) from error


def to_json(manifest: Manifest) -> dict[str, Any]:
    """What a generation's file holds, beside its checksum."""
    return {
        "schema": manifest.schema,
        "analysis": manifest.analysis,
        "encoder": manifest.encoder.to_json(),
        "catalog_version": manifest.catalog_version,
        "seq": manifest.seq,
        "created_at": manifest.created_at,
        "passages": manifest.passages,
        "merges": manifest.merges,
        "questions": [[text, list(ids)] for text, ids in manifest.questions],
        "segments": [{**asdict(item.file), "gone": _packed(~item.alive)} for item in manifest.members],
    }


def from_json(values: Mapping[str, Any]) -> Manifest:
    """The manifest that :func:`to_json` has given.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, zlib.error: it is none.
    """
    return Manifest(
        schema=int(values["schema"]),
        analysis=int(values["analysis"]),
        encoder=EncoderInfo(**values["encoder"]),
        catalog_version=str(values["catalog_version"]),
        seq=int(values["seq"]),
        created_at=str(values["created_at"]),
        passages=int(values["passages"]),
        merges=int(values.get("merges", 0)),
        questions=[(str(text), [str(id) for id in ids]) for text, ids in values["questions"]],
        members=[_member(item) for item in values["segments"]],
    )


def _checksum(values: dict[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()


def _member(values: Mapping[str, Any]) -> Member:
    facts = dict(values)
    gone = str(facts.pop("gone"))
    file = SegmentFile(**facts)
    return Member(file, ~_unpacked(gone, file.bookmarks))


def _packed(mask: Mask) -> str:
    """A mask as text; "" where nothing is set."""
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes())).decode() if mask.any() else ""


def _unpacked(text: str, count: int) -> Mask:
    if not text:
        return np.zeros(count, np.bool_)
    packed = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return np.unpackbits(packed, count=count).astype(np.bool_)


def sync(path: Path) -> None:
    """Have a file or a folder's list of files safely on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
