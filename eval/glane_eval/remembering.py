"""Vectors of questions, kept while they are asked again: in this process, or from one to the next."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from glane_indexer.encoder.base import Encoder, EncoderInfo, Vectors


class Remembering:
    """An encoder that keeps the vectors of questions, and how long each took.

    Every mode is asked every question, and its vector is the same in all of them; ``reused`` are the
    seconds that this has saved.

    Args:
        folder: where vectors are kept from one process to the next; None: nowhere. Times are measured
            only where it is None, since what is read from there took no time worth telling.
    """

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self._encoder = encoder
        self._known: dict[str, tuple[Vectors, float]] = {}
        self.reused = 0.0
        self._file = folder / f"questions-{encoder.info.fingerprint}.npz" if folder else None
        self._kept = 0
        if self._file and self._file.exists():
            with contextlib.suppress(OSError, ValueError, KeyError), np.load(self._file) as arrays:
                rows, texts = arrays["vectors"], json.loads(arrays["texts"].tobytes())
                self._known = {text: (rows[place : place + 1], 0.0) for place, text in enumerate(texts)}
        self._kept = len(self._known)

    def keep(self) -> None:
        """Write the vectors down for the next process, where there are new ones."""
        if self._file is None or len(self._known) == self._kept:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}.npz")
        vectors = np.concatenate([rows for rows, _ in self._known.values()])
        texts = np.frombuffer(json.dumps(list(self._known)).encode(), np.uint8)
        np.savez(draft, texts=texts, vectors=vectors)
        draft.replace(self._file)
        self._kept = len(self._known)

    @property
    def info(self) -> EncoderInfo:
        """Which encoder this is."""
        return self._encoder.info

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions; that of a single one is kept."""
        if len(texts) != 1:
            return self._encoder.encode_queries(texts)
        if texts[0] in self._known:
            vectors, seconds = self._known[texts[0]]
            self.reused += seconds
            return vectors
        started = time.perf_counter()
        vectors = self._encoder.encode_queries(texts)
        self._known[texts[0]] = vectors, time.perf_counter() - started
        return vectors

    def encode_passages(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """The vectors of passages, which are not kept here."""
        return self._encoder.encode_passages(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage."""
        return self._encoder.count_tokens(texts)
