"""The encoder at work: ONNX Runtime and tokenizers, without torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo, Progress, Vectors, clean
from glane_indexer.errors import EncoderError
from glane_indexer.machine import cores

# Texts that are tokenised together: the tokens of a large import need not all be held.
CHUNK = 4096
# Microseconds; from 20 to all of it, an idle machine is equally fast.
SPIN_US = 20
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
        from tokenizers import Tokenizer

        self.info = info
        self.truncated = 0
        self._query_prefix, self._passage_prefix = prefixes
        self._pad = pad
        self._graph = graph
        self._threads = threads or cores()
        self._lock = threading.Lock()
        self._asked = 0
        try:
            self._session = self._open(self._threads)
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
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        for row, ids in enumerate(self._ids(self._query_prefix, texts)):
            with self._question() as session:
                vectors[row] = self._run(session, ids)
        return vectors

    @contextmanager
    def _question(self) -> Iterator[Any]:
        """The session for one question: on all threads where it is alone, on one beside others.

        Questions that share the threads of one session wait for each other at every layer.
        """
        with self._lock:
            self._asked += 1
            alone = self._asked == 1
        try:
            yield self._session if alone or self._threads == 1 else self._single
        finally:
            with self._lock:
                self._asked -= 1

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Passages as unit rows, ``[len(texts), dimensions]``; ``progress(k)``: k more are done.

        A text past the encoder's limit is cut there and counted in ``truncated``.

        Each text is run by itself, on a core of its own. In a batch the int8 scales are shared: the
        vector of a text would depend on its company (cosine down to .989), and padding costs time.
        """
        vectors = np.empty((len(texts), self.info.dimensions), dtype=np.float32)
        run = partial(self._run, self._single)
        for start in range(0, len(texts), CHUNK):
            tokens = self._ids(self._passage_prefix, texts[start : start + CHUNK])
            with ThreadPoolExecutor(self._threads, thread_name_prefix="glane-encode") as pool:
                for row, vector in enumerate(pool.map(run, tokens), start=start):
                    vectors[row] = vector
                    if progress is not None:
                        progress(1)
        return vectors

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        """Texts that have their prefixes already as unit rows, ``[len(texts), dimensions]``."""
        return np.stack([self._run(self._session, ids) for ids in self._ids("", texts)])

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

    def _ids(self, prefix: str, texts: Sequence[str]) -> list[list[int]]:
        items = self._tokens(prefix, texts)
        cut = sum(1 for item in items if item.overflowing)
        if cut:
            with self._lock:
                self.truncated += cut
        # A text without a token (a tokenizer may have no special ones) is one of padding.
        return [item.ids or [self._pad] for item in items]

    @cached_property
    def _single(self) -> Any:
        """A session of one thread: several texts at once are faster than one on several threads."""
        return self._open(1)

    def _open(self, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A thread that waits for its next part spins for a moment, which saves a tenth of a question's
        # time, and then sleeps: one that spins on, while another process is at work on its core, keeps
        # the thread that it waits for from running (a median of 19 ms in place of 11, two busy cores).
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
        options.add_session_config_entry("session.force_spinning_stop", "1")
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            str(self._graph),
            options,
            providers=["CPUExecutionProvider"],
            # A sum and a norm in one node take twice the time of the two on a CPU (32 µs and 14 µs for
            # twelve tokens, ONNX Runtime 1.32).
            disabled_optimizers=["SkipLayerNormFusion"],
        )

    def _run(self, session: Any, ids: list[int]) -> Vectors:
        """The unit vector of one text, ``[dimensions]``."""
        row = np.array([ids], dtype=np.int64)
        try:
            (vector,) = session.run(None, {"input_ids": row, "attention_mask": np.ones_like(row)})[0]
        except Exception as error:
            raise EncoderError(
                f"the encoder failed: {error}", where=self.info.name, hint=_REMEDY
            ) from error
        if not np.isfinite(vector).all():
            raise EncoderError("a vector holds what is no number", where=self.info.name, hint=_REMEDY)
        return np.asarray(vector, dtype=np.float32)
