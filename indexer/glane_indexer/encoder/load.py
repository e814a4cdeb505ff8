"""Loads the encoder that the settings name, preparing it the first time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from glane_indexer.encoder import store
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.store import PreparedModel
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings


def load_encoder(settings: Settings, *, quiet: bool = False, for_indexing: bool = False) -> Encoder:
    """The encoder of these settings.

    Args:
        quiet: say nothing on stderr while it is prepared.
        for_indexing: passages by the thousand are to be encoded: use a GPU where there is one.

    Raises:
        EncoderError: it cannot be prepared or loaded.
    """
    folder = store.folder_of(settings)
    prepared = store.read(folder) or _prepare_apart(settings, quiet)
    if prepared.runtime == "torch" or (for_indexing and _has_gpu()):
        from glane_indexer.encoder.torch_encoder import TorchEncoder

        source = folder / store.SOURCE
        return TorchEncoder(prepared, str(source) if source.is_dir() else prepared.source)
    from glane_indexer.encoder.onnx_encoder import OnnxEncoder

    return OnnxEncoder(
        prepared.info,
        folder / store.GRAPH,
        folder / store.TOKENIZER,
        prefixes=(prepared.query_prefix, prepared.passage_prefix),
        pad=prepared.pad,
        threads=settings.threads,
    )


def _prepare_apart(settings: Settings, quiet: bool) -> PreparedModel:
    """Prepare in a process of its own, so that this one stays free of torch."""
    environment = dict(os.environ)
    environment.update(
        GLANE_MODEL=settings.model,
        GLANE_PRECISION=settings.precision,
        GLANE_CACHE=str(settings.cache),
        PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "glane_indexer.encoder.prepare"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if quiet else None,
        text=True,
        check=False,
    )
    prepared = store.read(store.folder_of(settings)) if done.returncode == 0 else None
    if prepared is None:
        said = (done.stderr or "").strip().splitlines()
        raise EncoderError(
            said[-1] if said else "the encoder could not be prepared",
            hint="" if said else "The lines above say why",
        )
    return prepared


def _has_gpu() -> bool:
    """Whether an NVIDIA GPU is at hand, found out without importing torch."""
    return Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
