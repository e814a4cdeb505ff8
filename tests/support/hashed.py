"""An encoder for tests in which ranking is not the point: words hashed into 64 dimensions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors
from glane_indexer.text import fold, tokens

DIMENSIONS = 64


class HashedEncoder:
    """Texts that share words are near one another; deterministic, and instant."""

    def __init__(self, *, max_tokens: int = 512, fingerprint: str = "hashed-words-1") -> None:
        self.info = EncoderInfo("hashed-words", fingerprint, DIMENSIONS, max_tokens)
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.encoded += texts
        if progress:
            progress(len(texts))
        return self.encode_queries(texts) if texts else np.zeros((0, DIMENSIONS), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def _vector(self, text: str) -> Vectors:
        vector = np.full(DIMENSIONS, 1e-3, np.float32)
        for token in tokens(text):
            digest = hashlib.sha256(fold(token.form).encode()).digest()
            vector[digest[0] % DIMENSIONS] += 1 if digest[1] % 2 else -1
        return (vector / np.linalg.norm(vector)).astype(np.float32)
