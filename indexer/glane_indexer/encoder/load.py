"""Loads the encoder that the settings name, preparing it the first time."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from glane_indexer.encoder import store
from glane_indexer.encoder.apart import run_apart
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.fidelity import LEAST
from glane_indexer.encoder.onnx_encoder import OnnxEncoder
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.encoder.url_encoder import UrlEncoder, is_url
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

PREPARE = "glane_indexer.encoder.prepare"


def load_encoder(settings: Settings, *, quiet: bool = False, for_indexing: bool = False) -> Encoder:
    """The encoder of these settings.

    Torch is not imported, unless the model cannot be exported or a GPU is to be used.

    Args:
        quiet: say nothing on stderr while it is prepared.
        for_indexing: passages by the thousand are to be encoded: use a GPU where there is one.

    Raises:
        EncoderError: it cannot be prepared or loaded.
    """
    if is_url(settings.model):
        key = settings.model_key
        return UrlEncoder(settings.model, settings.library, key=key, keep=for_indexing)
    folder = store.folder_of(settings)
    prepared = store.read(folder) or _prepare_apart(settings, quiet)
    if prepared.runtime == "torch" or (for_indexing and _has_gpu()):
        from glane_indexer.encoder.torch_encoder import TorchEncoder

        source = folder / store.SOURCE
        return TorchEncoder(prepared, str(source) if source.is_dir() else prepared.source)
    encoder = OnnxEncoder(
        prepared.info,
        folder / store.GRAPH,
        folder / store.TOKENIZER,
        prefixes=(prepared.query_prefix, prepared.passage_prefix),
        pad=prepared.pad,
        threads=settings.threads,
    )
    _check(encoder, folder)
    return encoder


def _check(encoder: OnnxEncoder, folder: Path) -> None:
    """Compare what the encoder gives on this machine with its vectors in full precision."""
    probes = store.read_probes(folder)
    found = probes.fidelity(encoder.vectors_of(probes.texts))
    if found.least < LEAST:
        raise EncoderError(
            f"on this processor the encoder's vectors turn away from what they are elsewhere ({found})",
            where=encoder.info.name,
            hint="Run `glane model prepare --force` here; if that does not help, set GLANE_PRECISION=fp32 "
            "and run `glane index`",
        )


def _prepare_apart(settings: Settings, quiet: bool) -> PreparedModel:
    run_apart(PREPARE, settings, settings.model, quiet=quiet)
    prepared = store.read(store.folder_of(settings))
    if prepared is None:
        raise EncoderError("the encoder was not prepared", where=settings.model)
    return prepared


def _has_gpu() -> bool:
    """Whether torch can use a GPU here; torch is imported only where there seems to be one."""
    if not Path("/dev/nvidia0").exists() or importlib.util.find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())
