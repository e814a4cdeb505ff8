"""The encoder through sentence-transformers: for models that cannot be exported, and on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError

# Texts that are sorted by length together; a batch on a GPU is cut from them.
CHUNK = 2048
BATCH = 64


class TorchEncoder:
    """A sentence-transformers model at work.

    Args:
        prepared: what the cache knows of the model.
        source: its name or folder.

    Raises:
        EncoderError: it cannot be loaded.
    """

    def __init__(self, prepared: PreparedModel, source: str) -> None:
        from sentence_transformers import SentenceTransformer

        self.info: EncoderInfo = prepared.info
        self._prefixes = (prepared.query_prefix, prepared.passage_prefix)
        self._lock = threading.Lock()
        try:
            self._model: Any = SentenceTransformer(source)
        except Exception as error:
            raise EncoderError(
                f"the encoder cannot be loaded: {error}",
                where=source,
                hint="Check GLANE_MODEL, then run `glane model prepare --force`",
            ) from error

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit rows, ``[len(texts), dimensions]``."""
        return self._encode([self._prefixes[0] + text for text in texts], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done."""
        return self._encode([self._prefixes[1] + text for text in texts], progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage, prefix and special tokens included."""
        prefixed = [self._prefixes[1] + text for text in texts]
        return [len(ids) for ids in self._model.tokenizer(prefixed)["input_ids"]] if texts else []

    def _encode(self, texts: list[str], progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            with self._lock:
                vectors[start : start + len(chunk)] = self._model.encode(
                    chunk,
                    batch_size=BATCH,
                    prompt="",
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
            if progress is not None:
                progress(len(chunk))
        return vectors
