"""Loads the reranker that the settings name, preparing it the first time."""

from __future__ import annotations

from glane_indexer.encoder.apart import run_apart
from glane_indexer.encoder.fidelity import LEAST
from glane_indexer.errors import EncoderError
from glane_indexer.reranker import store
from glane_indexer.reranker.onnx_reranker import OnnxReranker
from glane_indexer.settings import Settings

PREPARE = "glane_indexer.reranker.prepare"


def load_reranker(settings: Settings, *, quiet: bool = False) -> OnnxReranker | None:
    """The reranker of these settings; None where they name none.

    Args:
        quiet: say nothing on stderr while it is prepared.

    Raises:
        EncoderError: it cannot be prepared or loaded, or its scores are others on this machine.
    """
    if not settings.reranker:
        return None
    folder = store.folder_of(settings)
    prepared = store.read(folder)
    if prepared is None:
        run_apart(PREPARE, settings, settings.reranker, quiet=quiet)
        prepared = store.read(folder)
    if prepared is None:
        raise EncoderError("the reranker was not prepared", where=settings.reranker)
    reranker = OnnxReranker(prepared, folder, threads=settings.threads)
    probes = store.read_probes(folder)
    found = [
        score
        for question, passages in zip(probes.questions, probes.passages, strict=True)
        for score in reranker.scores(question, passages, float("inf")) or ()
    ]
    fidelity = probes.fidelity(found)
    if fidelity.least < LEAST:
        raise EncoderError(
            f"on this processor the reranker's scores are not what they are elsewhere ({fidelity})",
            where=settings.reranker,
            hint="Set GLANE_PRECISION=fp32, or leave GLANE_RERANKER empty",
        )
    return reranker
