"""Prepares an encoder, once: ``python -m glane_indexer.encoder.prepare``.

It runs in a process of its own where the service needs it, since it imports torch and the service
never does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from glane_indexer.encoder import store
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError, GlaneError
from glane_indexer.settings import Settings

# Texts that every start of a service checks the encoder with: together a few hundredths of a second.
PROBES = 8


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
    is_default = settings.model == store.DEFAULT
    say(1, "reading the weights")
    source = settings.model
    if is_default:
        from glane_indexer.encoder.convert import model_file, write_folder

        write_folder(model_file(), place / store.SOURCE)
        source = str(place / store.SOURCE)
    model = _load(source, settings.model)
    say(2, "writing the graph")
    record = _export(model, settings, place, say)
    record["name"] = "multilingual-e5-small" if is_default else settings.model
    # The folder is moved when it is done, so a source inside it is known by its place there.
    record["source"] = store.SOURCE if is_default else source
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


def _load(source: str, name: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(source, device="cpu")
    except Exception as error:
        raise EncoderError(
            f"the encoder cannot be loaded: {str(error).splitlines()[0] if str(error) else error!r}",
            where=name,
            hint="Set GLANE_MODEL to `default`, to the folder of a sentence-transformers model, or to a "
            "name on a model hub that this machine reaches",
        ) from error


def _export(model: Any, settings: Settings, place: Path, say: Any) -> dict[str, Any]:
    from glane_indexer.encoder import export, fidelity, optimise

    prompts = {name: text for name, text in dict(getattr(model, "prompts", {})).items() if text}
    record: dict[str, Any] = {
        "runtime": "onnx",
        "precision": settings.precision,
        "pooling": export.poolable(model) or "",
        "query_prefix": prompts.get("query", ""),
        "passage_prefix": prompts.get("passage") or prompts.get("document", ""),
        "dimensions": int(model.get_embedding_dimension()),
        "max_tokens": int(model.max_seq_length or 512),
        "pad": int(getattr(model.tokenizer, "pad_token_id", 0) or 0),
    }
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if not record["pooling"] or backend is None:
        record.update(runtime="torch", precision="fp32")
    else:
        backend.save(str(place / store.TOKENIZER))
        full = place / "full.onnx"
        export.export(model, record["pooling"], full)
        say(3, "making it fast, and checking that it stays true")
        config = model[0].auto_model.config
        record["precision"], probes = optimise.optimise(
            full,
            place / store.GRAPH,
            precision=settings.precision,
            heads=int(getattr(config, "num_attention_heads", 0)),
            hidden=int(getattr(config, "hidden_size", 0)),
            tokenizer=place / store.TOKENIZER,
            max_tokens=record["max_tokens"],
            texts=fidelity.texts((record["query_prefix"], record["passage_prefix"])),
        )
        store.write_probes(place, probes.few(PROBES))
        full.unlink(missing_ok=True)
    say(4, "writing it down")
    record["weights"] = _weights_hash(model)
    return record


def _weights_hash(model: Any) -> str:
    """A hash over the model's weights and its tokenizer: what its files are called does not count."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().contiguous().float().numpy().tobytes())
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    digest.update(backend.to_str().encode() if backend is not None else b"")
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
