"""The encoder at work: ONNX Runtime and tokenizers, without torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors, clean
from glane_indexer.errors import EncoderError

# Tokens that one run takes, padding included: small batches of equal length are the fastest on a CPU.
BATCH_TOKENS = 512
BATCH_TEXTS = 8
# Texts that are tokenised, sorted and run together: tokens of a large import need not all be held.
CHUNK = 4096
_REMEDY = "Run `glane model prepare` to make it anew"


class OnnxEncoder:
    """An exported encoder, safe to share between threads.

    ``truncated`` counts the texts that were past the limit and were cut there: passages are split
    before they come here, so for them it stays 0.

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
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        options.inter_op_num_threads = 1
        # A run's threads spin while it lasts (a question takes 3.0 ms so, and 4.5 ms without), but
        # not after it: between two questions the cores belong to the rest of the service.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise exceptions of no public class
            raise EncoderError(
                f"the prepared encoder cannot be loaded: {error}", where=str(graph.parent), hint=_REMEDY
            ) from error
        self._tokenizer.no_padding()
        # Set once and for all: the tokenizer is shared between threads.
        self._tokenizer.enable_truncation(info.max_tokens)
        self._special = self._tokenizer.num_special_tokens_to_add(False)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Questions as unit rows, ``[len(texts), dimensions]``."""
        return self._encode(self._query_prefix, texts, None)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done.

        A text past the encoder's limit is cut there and counted in ``truncated``.
        """
        return self._encode(self._passage_prefix, texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage, prefix and special tokens included, also past the limit."""
        return [
            len(item) + sum(len(rest) - self._special for rest in item.overflowing)
            for item in self._tokens(self._passage_prefix, texts)
        ]

    def _tokens(self, prefix: str, texts: Sequence[str]) -> list[Any]:
        prefixed = [prefix + clean(text) for text in texts]
        if len(prefixed) == 1:
            return [self._tokenizer.encode(prefixed[0])]
        return list(self._tokenizer.encode_batch(prefixed))

    def _encode(self, prefix: str, texts: Sequence[str], progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            items = self._tokens(prefix, texts[start : start + CHUNK])
            cut = sum(1 for item in items if item.overflowing)
            if cut:
                with self._lock:
                    self.truncated += cut
            # A text without a token (a tokenizer may have no special ones) is one of padding.
            tokens = [item.ids or [self._pad] for item in items]
            for places in _batches([len(ids) for ids in tokens]):
                rows = [start + place for place in places]
                vectors[rows] = self._run([tokens[place] for place in places])
                if progress is not None:
                    progress(len(places))
        return vectors

    def _run(self, tokens: list[list[int]]) -> Vectors:
        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(tokens), longest), dtype=np.int64)
        for row, item in enumerate(tokens):
            ids[row, : len(item)] = item
            mask[row, : len(item)] = 1
        feed: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}
        try:
            vectors = np.asarray(self._session.run(None, feed)[0], dtype=np.float32)
        except Exception as error:
            raise EncoderError(
                f"the encoder failed: {error}", where=self.info.name, hint=_REMEDY
            ) from error
        if not np.isfinite(vectors).all():
            raise EncoderError("a vector holds what is no number", where=self.info.name, hint=_REMEDY)
        return vectors


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Places of the texts in batches of similar length, the longest first."""
    batch: list[int] = []
    longest = 0
    for place in sorted(range(len(lengths)), key=lambda item: -lengths[item]):
        longest = longest if batch else lengths[place]
        if batch and (len(batch) == BATCH_TEXTS or longest * (len(batch) + 1) > BATCH_TOKENS):
            yield batch
            batch, longest = [], lengths[place]
        batch.append(place)
    if batch:
        yield batch
