"""The reranker at work: ONNX Runtime and tokenizers, without torch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import clean
from glane_indexer.encoder.outliers import Feed
from glane_indexer.errors import EncoderError
from glane_indexer.machine import cores
from glane_indexer.reranker.store import GRAPH, TOKENIZER, Pair, PreparedReranker

_REMEDY = "Delete the folder, and it is made anew"


class OnnxReranker:
    """An exported cross-encoder, safe to share between threads.

    Args:
        prepared: what it is.
        folder: where its graph and its tokenizer lie.
        threads: passages that are scored at the same time; 0: one per core.

    Raises:
        EncoderError: a file is missing or damaged.
    """

    def __init__(self, prepared: PreparedReranker, folder: Path, *, threads: int = 0) -> None:
        import onnxruntime

        self.name = prepared.name
        self.precision = prepared.precision
        self._folder = folder
        options = onnxruntime.SessionOptions()
        # Several pairs at once, each on a core of its own, are faster than one on all of them.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
            self._tokens = PairTokens(
                folder / TOKENIZER, prepared.max_tokens, prepared.pad, prepared.inputs
            )
        except Exception as error:  # both libraries raise exceptions of no public class
            raise EncoderError(
                f"the prepared reranker cannot be loaded: {error}", where=str(folder), hint=_REMEDY
            ) from error
        self._pool = ThreadPoolExecutor(threads or cores(), thread_name_prefix="glane-rerank")

    def scores(self, question: str, passages: Sequence[str], deadline: float) -> list[float] | None:
        """How well each passage answers, the higher the better; None where the time ran out.

        A pair past the model's limit is cut there, its longer text first. Each pair is run by itself: in
        a batch the int8 scales are shared, and a score would depend on its company.
        """
        feeds = self._tokens.feeds([(question, passage) for passage in passages])
        found = list(self._pool.map(lambda feed: self._run(feed, deadline), feeds))
        return None if None in found else [score for score in found if score is not None]

    def _run(self, feed: Feed, deadline: float) -> float | None:
        if time.perf_counter() >= deadline:
            return None
        try:
            score = float(self._session.run(None, feed)[0][0][0])
        except Exception as error:
            raise EncoderError(f"the reranker failed: {error}", where=self.name, hint=_REMEDY) from error
        if not np.isfinite(score):
            raise EncoderError("a score is no number", where=self.name, hint=_REMEDY)
        return score


class PairTokens:
    """Pairs of texts as a graph takes them.

    Args:
        tokenizer: the model's ``tokenizer.json``.
        max_tokens: past which a pair is cut, its longer text first.
        pad: the id of the padding token.
        inputs: the names of the graph's inputs.
    """

    def __init__(self, tokenizer: Path, max_tokens: int, pad: int, inputs: Sequence[str]) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._pad = pad
        self._inputs = tuple(inputs)

    def feeds(self, pairs: Sequence[Pair]) -> list[Feed]:
        """What the graph is given for each pair by itself: arrays ``[1, tokens]``."""
        cleaned = [(clean(question), clean(passage)) for question, passage in pairs]
        return [self._feed(item) for item in self._tokenizer.encode_batch(cleaned)]

    def _feed(self, item: Any) -> Feed:
        values = {
            "input_ids": item.ids or [self._pad],
            "attention_mask": [1] * max(1, len(item.ids)),
            "token_type_ids": item.type_ids or [0],
        }
        return {name: _row(values[name]) for name in self._inputs}


def _row(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array([values], np.int64)
