"""The encoder at work: ONNX Runtime and tokenizers, without torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors
from glane_indexer.errors import EncoderError

# Tokens that one run takes, padding included: small batches of equal length are the fastest on a CPU.
BATCH_TOKENS = 512
BATCH_TEXTS = 8


class OnnxEncoder:
    """An exported encoder.

    Args:
        info: what identifies it.
        graph: the ONNX file.
        tokenizer: the ``tokenizer.json`` beside it.
        prefixes: what is put before a question and before a passage.
        pad: the id of the padding token.
        threads: threads a run may use; 0: one per core.

    Raises:
        EncoderError: a file is missing or damaged.
    """

    def __init__(
        self,
        info: EncoderInfo,
        graph: Path,
        tokenizer: Path,
        *,
        prefixes: tuple[str, str],
        pad: int,
        threads: int = 0,
    ) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.info = info
        self.truncated = 0
        self._query_prefix, self._passage_prefix = prefixes
        self._pad = pad
        self._lock = threading.Lock()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        # Spinning threads would take the cores from the service between two questions.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:
            raise EncoderError(
                f"the prepared encoder cannot be loaded: {error}",
                where=str(graph.parent),
                hint="Run `glane model prepare --force` to make it anew",
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit rows, ``[len(texts), dimensions]``."""
        return self._encode([self._query_prefix + text for text in texts], None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done.

        A text past the encoder's limit is cut there and counted in ``truncated``.
        """
        return self._encode([self._passage_prefix + text for text in texts], progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage, prefix and special tokens included."""
        encoded = self._tokenizer.encode_batch([self._passage_prefix + text for text in texts])
        return [len(item.ids) for item in encoded]

    def _encode(self, texts: list[str], progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        tokens = [self._fitted(item.ids) for item in self._tokenizer.encode_batch(texts)]
        for places in _batches([len(ids) for ids in tokens]):
            vectors[places] = self._run([tokens[place] for place in places])
            if progress is not None:
                progress(len(places))
        return vectors

    def _fitted(self, ids: list[int]) -> list[int]:
        limit = self.info.max_tokens
        if len(ids) <= limit:
            return ids
        with self._lock:
            self.truncated += 1
        # The last token closes the text; it stays.
        return [*ids[: limit - 1], ids[-1]]

    def _run(self, tokens: list[list[int]]) -> Vectors:
        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=np.int64)
        for row, item in enumerate(tokens):
            ids[row, : len(item)] = item
            mask[row, : len(item)] = 1
        feed: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32)


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Places of the texts in batches of similar length, the longest first."""
    batch: list[int] = []
    longest = 0
    for place in sorted(range(len(lengths)), key=lambda item: -lengths[item]):
        longest = longest if batch else lengths[place]
        if batch and (
            len(batch) == BATCH_TEXTS or longest * (len(batch) + 1) > max(longest, BATCH_TOKENS)
        ):
            yield batch
            batch, longest = [], lengths[place]
        batch.append(place)
    if batch:
        yield batch
