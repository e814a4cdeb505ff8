"""Prepares a reranker, once: ``python -m glane_indexer.reranker.prepare``.

It runs in a process of its own where the service needs it, since it imports torch and the service
never does.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder import store as encoders
from glane_indexer.encoder.export import OPSET
from glane_indexer.encoder.optimise import fastest
from glane_indexer.encoder.outliers import Feed
from glane_indexer.encoder.prepare import silence
from glane_indexer.errors import EncoderError, GlaneError
from glane_indexer.reranker import store
from glane_indexer.reranker.onnx_reranker import PairTokens
from glane_indexer.reranker.store import PreparedReranker, ScoreProbes
from glane_indexer.settings import Settings

# Questions that a form is compared on, with so many passages each; and those that every start compares.
QUESTIONS, PASSAGES = 24, 8
CHECKED = 2
MAX_TOKENS = 512


def prepare(settings: Settings, *, quiet: bool = False) -> PreparedReranker:
    """Make the reranker of these settings ready in the cache, unless it is.

    Raises:
        EncoderError: the model cannot be found, read or exported, or the cache cannot be written.
    """
    folder = store.folder_of(settings)
    try:
        with encoders.locked(folder, quiet=quiet):
            found = store.read(folder)
            if found is not None:
                return found
            with encoders.workplace(folder) as place:
                return _make(settings, place, quiet)
    except OSError as error:
        raise EncoderError(
            f"the reranker cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Make room there, or set GLANE_CACHE to another folder",
        ) from error


def _make(settings: Settings, place: Path, quiet: bool) -> PreparedReranker:
    started = time.monotonic()
    if not quiet:
        print("Preparing the reranker, once", file=sys.stderr)
    silence()
    model = _load(settings.reranker)
    tokenizer = model.tokenizer
    tokenizer.backend_tokenizer.save(str(place / store.TOKENIZER))
    inputs = [
        name
        for name in ("input_ids", "attention_mask", "token_type_ids")
        if name in tokenizer.model_input_names
    ]
    longest = int(min(model.max_seq_length or MAX_TOKENS, MAX_TOKENS))
    pad = int(tokenizer.pad_token_id or 0)
    full = place / "full.onnx"
    _export(model.model, inputs, full)
    feeds_of = PairTokens(place / store.TOKENIZER, longest, pad, inputs).feeds
    questions, passages = _texts()
    pairs = ScoreProbes(questions, passages, np.zeros((QUESTIONS, PASSAGES), np.float32)).pairs
    feeds = feeds_of(pairs)
    exact = np.array(_scores(full, feeds), np.float32).reshape(QUESTIONS, PASSAGES)
    probes = ScoreProbes(questions, passages, exact)
    config = model.model.config
    precision = fastest(
        full,
        place / store.GRAPH,
        precision=settings.precision,
        heads=int(getattr(config, "num_attention_heads", 0)),
        hidden=int(getattr(config, "hidden_size", 0)),
        feeds=feeds,
        fidelity=lambda path: probes.fidelity(_scores(path, feeds)),
    )
    full.unlink(missing_ok=True)
    store.write_probes(place, probes.few(CHECKED))
    record = {
        "name": settings.reranker,
        "precision": precision,
        "max_tokens": longest,
        "pad": pad,
        "inputs": tuple(inputs),
    }
    prepared = store.write(place, record)
    if not quiet:
        print(f"The reranker is ready ({time.monotonic() - started:.0f} s)", file=sys.stderr)
    return prepared


def _load(name: str) -> Any:
    from sentence_transformers import CrossEncoder

    hint = (
        "Set GLANE_RERANKER to the folder of a sentence-transformers CrossEncoder, or to a name on a model "
        "hub that this machine reaches; or leave it empty"
    )
    try:
        model = CrossEncoder(name, device="cpu")
    except Exception as error:
        said = str(error).splitlines()[0] if str(error) else repr(error)
        raise EncoderError(f"the reranker cannot be loaded: {said}", where=name, hint=hint) from error
    if model.num_labels != 1:
        raise EncoderError(f"it gives {model.num_labels} scores a pair, not one", where=name, hint=hint)
    if getattr(model.tokenizer, "backend_tokenizer", None) is None:
        raise EncoderError("it has no fast tokenizer", where=name, hint=hint)
    return model


def _export(network: Any, inputs: list[str], path: Path) -> None:
    """Write the network as an ONNX graph: tokens of pairs in, one score a pair out."""
    import torch

    if hasattr(network, "set_attn_implementation"):
        # The exporter cannot trace fused attention.
        network.set_attn_implementation("eager")

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> Any:
            return self.network(**dict(zip(inputs, values, strict=True))).logits

    shown = {
        "input_ids": torch.tensor([[0, 1, 2, 2], [0, 1, 2, 1]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]]),
        "token_type_ids": torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1]]),
    }
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph().eval(),
            tuple(shown[name] for name in inputs),
            str(path),
            input_names=inputs,
            output_names=["scores"],
            dynamic_axes={**dict.fromkeys(inputs, axes), "scores": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )


def _texts() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Questions of the sample library, and for each passages of it from all over."""
    from glane_indexer.importers import jsonl
    from glane_indexer.importers.source import Source
    from glane_indexer.models import Bookmark
    from glane_indexer.sample.load import library_bytes, queries

    read = jsonl.read(Source(library_bytes()))
    bookmarks = [item for item in read if isinstance(item, Bookmark)]
    passages = [f"{each.title}\n{item.text}" for each in bookmarks for item in each.annotations]
    asked = list(queries().values())
    questions = tuple(asked[place * len(asked) // QUESTIONS] for place in range(QUESTIONS))
    step = len(passages) // PASSAGES
    return questions, tuple(
        tuple(passages[(start * 7 + place * step) % len(passages)] for place in range(PASSAGES))
        for start in range(QUESTIONS)
    )


def _scores(path: Path, feeds: list[Feed]) -> list[float]:
    """The scores of a graph, each pair run by itself as it is when a question is asked."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [float(session.run(None, feed)[0][0][0]) for feed in feeds]


def main() -> int:
    """Prepare the reranker of the environment's settings; the exit code.

    What went wrong is said on stdout as JSON, for :func:`glane_indexer.reranker.load.load_reranker`.
    """
    try:
        prepare(Settings.from_env(), quiet="--quiet" in sys.argv[1:])
    except GlaneError as error:
        print(json.dumps({"message": error.message, "where": error.where, "hint": error.hint}))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
