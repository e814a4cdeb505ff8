"""The encoder through sentence-transformers: for models that cannot be exported, and on a GPU.

On a GPU it computes in half precision, and is only used when the vectors of known texts stay what full
precision makes of them: a library's vectors must not depend on where they were computed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors, clean
from glane_indexer.encoder.fidelity import Probes, ordered
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError

_PROBES = (
    "Le facteur passe avant midi, sauf les jours de marché.",
    "Where do swallows go when the reeds are cut?",
    "Ein langer Satz hat viele Wörter, und jedes zieht den Sinn ein wenig zu sich herüber. " * 2,
)

# Texts that are sorted by length together, so that a batch, which is cut from them, has little padding.
CHUNK = 2048
BATCH = 64
# A GPU wants more at a time: 256 texts of 512 tokens take about 2 GB of its memory with 384 dimensions.
GPU_BATCH = 256
# The least cosine that a known text's vector may have with that of full precision.
AGREEMENT = 0.999


class TorchEncoder:
    """A sentence-transformers model at work.

    Args:
        prepared: what the cache knows of the model.
        source: its name or folder.
        device: torch's name of what it computes on, ``cpu`` or ``cuda``.
        precision: torch's name of the numbers it computes with, ``float32``, ``float16`` or ``bfloat16``.
        probes: known texts with their vectors in full precision; None: those of the model on the CPU.

    Raises:
        EncoderError: it cannot be loaded, or does not agree with full precision.
    """

    def __init__(
        self,
        prepared: PreparedModel,
        source: str,
        *,
        device: str = "cpu",
        precision: str = "float32",
        probes: Probes | None = None,
    ) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self.info: EncoderInfo = prepared.info
        self._prefixes = (prepared.query_prefix, prepared.passage_prefix)
        self._lock = threading.Lock()
        self._batch = BATCH if device == "cpu" else GPU_BATCH
        try:
            self._model: Any = SentenceTransformer(source, device="cpu")
            if (device, precision) != ("cpu", "float32"):
                probes = probes or self._own_probes()
                self._model.to(device=device, dtype=getattr(torch, precision))
        except Exception as error:
            raise EncoderError(
                f"the encoder cannot be loaded: {error}",
                where=source,
                hint="Check GLANE_MODEL and GLANE_DEVICE, then run `glane model prepare --force`",
            ) from error
        if probes is not None:
            self._check(probes, f"{device}, {precision}")

    def _own_probes(self) -> Probes:
        """Some texts as the model sees them before it leaves the CPU and full precision."""
        known = [prefix + text for prefix in self._prefixes for text in _PROBES]
        return Probes(tuple(known), self._encode(known, None))

    def _check(self, probes: Probes, where: str) -> None:
        fidelity = probes.fidelity(self._encode(list(probes.texts), None))
        # Of no number either, which half precision gives where it overflows.
        if not fidelity.least >= AGREEMENT:
            raise EncoderError(
                f"on this device the encoder's vectors are not what they are on a CPU ({fidelity}, and "
                f"{AGREEMENT} is needed)",
                where=where,
                hint="Set GLANE_DEVICE=cpu",
            )

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit rows, ``[len(texts), dimensions]``."""
        return self._encode([self._prefixes[0] + clean(text) for text in texts], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done."""
        return self._encode([self._prefixes[1] + clean(text) for text in texts], progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage, prefix and special tokens included."""
        prefixed = [self._prefixes[1] + clean(text) for text in texts]
        return [len(ids) for ids in self._model.tokenizer(prefixed)["input_ids"]] if texts else []

    def _encode(self, texts: list[str], progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            with self._lock:
                rows = self._model.encode(
                    chunk,
                    batch_size=self._batch,
                    prompt="",
                    normalize_embeddings=True,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
            # Of length 1 in full precision, too.
            vectors[start : start + len(chunk)] = ordered(rows)
            if progress is not None:
                progress(len(chunk))
        return vectors
