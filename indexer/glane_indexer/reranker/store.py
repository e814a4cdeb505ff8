"""Prepared rerankers in the cache: where each lies, what it is, and what it is checked with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder import store as encoders
from glane_indexer.encoder.fidelity import Fidelity
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

RECORD = "reranker.json"
GRAPH = "reranker.onnx"
TOKENIZER = "tokenizer.json"
PROBES = "probes.npz"
# Raise it when a folder made by an older version must be made anew.
SCHEMA_VERSION = 1
_REMEDY = "Delete the folder, and it is made anew"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PreparedReranker:
    """What ``reranker.json`` says: the model's name, its precision, the limit and the padding of its
    tokens, the inputs of its graph, and the SHA-256 of the files beside it."""

    schema: int
    name: str
    precision: str
    max_tokens: int
    pad: int
    inputs: tuple[str, ...]
    sha256: dict[str, str]


@dataclass(frozen=True, slots=True)
class ScoreProbes:
    """Questions with passages, and their scores in full precision, ``[questions, passages]``."""

    questions: tuple[str, ...]
    passages: tuple[tuple[str, ...], ...]
    scores: NDArray[np.float32]

    @property
    def pairs(self) -> list[Pair]:
        """Every question with each of its passages, in order."""
        return [
            (question, passage)
            for question, group in zip(self.questions, self.passages, strict=True)
            for passage in group
        ]

    def fidelity(self, found: Sequence[float]) -> Fidelity:
        """How near other scores of the same pairs are: cosines, as between vectors of an encoder.

        What a question's scores have in common moves no passage before another, so each question's are
        centred first: the cosine is then the correlation of the two lists.
        """
        cosines = np.einsum(
            "nd,nd->n", _centred(self.scores), _centred(np.asarray(found).reshape(self.scores.shape))
        )
        return Fidelity(float(cosines.mean()), float(cosines.min()))

    def few(self, count: int) -> ScoreProbes:
        """The first questions alone."""
        return ScoreProbes(self.questions[:count], self.passages[:count], self.scores[:count])


def _centred(scores: NDArray[Any]) -> NDArray[np.float64]:
    rows = np.asarray(scores, np.float64)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def folder_of(settings: Settings) -> Path:
    """Where the reranker of these settings is kept once prepared."""
    place = replace(settings, model=settings.reranker, cache=settings.cache.expanduser() / "rerankers")
    return encoders.folder_of(place)


def read(folder: Path) -> PreparedReranker | None:
    """The prepared reranker in a folder, checked; None where there is none, or one of another schema.

    Raises:
        EncoderError: it is damaged; says which file.
    """
    if not folder.exists():
        return None
    try:
        values: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        if values["schema"] != SCHEMA_VERSION:
            return None
        record = PreparedReranker(**{**values, "inputs": tuple(values["inputs"])})
        for name, digest in record.sha256.items():
            if encoders.sha256(folder / name) != digest:
                raise EncoderError("its checksum does not match", where=str(folder / name), hint=_REMEDY)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise EncoderError(
            f"the prepared reranker cannot be read: {error}", where=str(folder), hint=_REMEDY
        ) from error
    return record


def write(folder: Path, record: dict[str, Any]) -> PreparedReranker:
    """Complete a folder with its record and the checksums of its files."""
    digests = {name: encoders.sha256(folder / name) for name in (GRAPH, TOKENIZER, PROBES)}
    prepared = PreparedReranker(schema=SCHEMA_VERSION, sha256=digests, **record)
    (folder / RECORD).write_text(json.dumps(asdict(prepared), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return prepared


def write_probes(folder: Path, probes: ScoreProbes) -> None:
    """Keep the pairs that every start compares."""
    np.savez(
        folder / PROBES,
        questions=np.array(probes.questions),
        passages=np.array(probes.passages),
        scores=probes.scores,
    )


def read_probes(folder: Path) -> ScoreProbes:
    """The pairs to compare.

    Raises:
        EncoderError: they cannot be read.
    """
    try:
        with np.load(folder / PROBES, allow_pickle=False) as arrays:
            return ScoreProbes(
                tuple(map(str, arrays["questions"])),
                tuple(tuple(map(str, group)) for group in arrays["passages"]),
                arrays["scores"],
            )
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"the reranker's probes cannot be read: {error}", where=str(folder / PROBES), hint=_REMEDY
        ) from error
