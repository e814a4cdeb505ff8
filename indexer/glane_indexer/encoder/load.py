"""Loads the encoder that the settings name, preparing it the first time."""

from __future__ import annotations

import importlib.util
import shutil
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
    on_gpu = for_indexing and _is_for_gpu(settings.device)
    if prepared.runtime == "torch" or on_gpu:
        from glane_indexer.encoder.torch_encoder import TorchEncoder

        return TorchEncoder(
            prepared,
            source_of(prepared, folder),
            device="cuda" if on_gpu else "cpu",
            precision="float16" if on_gpu else "float32",
            probes=store.read_probes(folder) if prepared.runtime == "onnx" else None,
        )
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


def source_of(prepared: PreparedModel, folder: Path) -> str:
    """What sentence-transformers loads a prepared encoder from: its name, or a folder.

    The default encoder has one only once this was called: half a gigabyte that only torch reads.

    Raises:
        EncoderError: it cannot be written.
    """
    if prepared.source not in (store.DEFAULT, store.SOURCE):
        return prepared.source
    source = folder / store.SOURCE
    with store.locked(folder, quiet=True):
        if not source.is_dir():
            from glane_indexer.encoder.convert import model_file, write_folder

            half = folder / f".{store.SOURCE}.new"
            shutil.rmtree(half, ignore_errors=True)
            try:
                write_folder(model_file(), half)
                half.replace(source)
            except OSError as error:
                raise EncoderError(
                    f"the encoder cannot be written: {error.strerror or error}",
                    where=str(source),
                    hint="Make room there, or set GLANE_CACHE to another folder",
                ) from error
    return str(source)


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


def _is_for_gpu(device: str) -> bool:
    """Whether passages are to be embedded on a GPU.

    Raises:
        EncoderError: they are, and there is none.
    """
    if device == "cpu":
        return False
    found = _has_gpu()
    if device == "cuda" and not found:
        raise EncoderError(
            "there is no GPU here that torch can use",
            where="GLANE_DEVICE",
            hint="Set GLANE_DEVICE=cpu, or install a build of torch for the GPU",
        )
    return found


def _has_gpu() -> bool:
    """Whether torch can use a GPU here; torch is imported only where there seems to be one."""
    if not Path("/dev/nvidia0").exists() or importlib.util.find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())
