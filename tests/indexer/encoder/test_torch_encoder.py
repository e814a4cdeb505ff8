"""The encoder in other precisions, on the device that every machine has."""

from __future__ import annotations

import numpy as np
import pytest

from glane_indexer.encoder import load, store
from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.encoder.load import load_encoder
from glane_indexer.encoder.torch_encoder import TorchEncoder
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

TEXTS = [
    "Le pain lève toute une nuit.",
    "Thousands of people label images so that machines learn to see. " * 4,
    "",
    "vélo",
]


def test_half_precision_agrees_with_full_and_with_what_answers_questions(encoder: Encoder) -> None:
    folder = store.folder_of(Settings.from_env())
    prepared, probes = store.read(folder), store.read_probes(folder).few(2)
    assert prepared is not None
    # It is compared with itself in full precision here, and then with what was kept of that.
    half = TorchEncoder(prepared, load.source_of(prepared, folder), precision="bfloat16")
    assert half.info == encoder.info
    half._check(probes, "cpu")
    vectors = half.encode_passages(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.einsum("nd,nd->n", vectors, encoder.encode_passages(TEXTS)).mean() >= 0.999
    assert half.count_tokens(TEXTS) == encoder.count_tokens(TEXTS)
    with pytest.raises(EncoderError, match="Set GLANE_DEVICE=cpu"):
        half._check(Probes(probes.texts, np.roll(probes.vectors, 1, axis=1)), "cuda")


def test_a_gpu_is_asked_for_where_there_is_none(monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    monkeypatch.setattr(load, "_has_gpu", lambda: False)
    with pytest.raises(EncoderError, match="no GPU here"):
        load_encoder(Settings(device="cuda", cache=Settings.from_env().cache), for_indexing=True)


def test_a_gpu_gets_passages_in_half_precision(monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    asked: dict[str, object] = {}

    class Recording:
        def __init__(self, prepared: object, source: str, **arguments: object) -> None:
            asked.update(arguments)

    monkeypatch.setattr(load, "_has_gpu", lambda: True)
    monkeypatch.setattr("glane_indexer.encoder.torch_encoder.TorchEncoder", Recording)
    settings = Settings.from_env()
    load_encoder(settings, for_indexing=True)
    assert (asked["device"], asked["precision"]) == ("cuda", "float16")
    assert isinstance(asked["probes"], Probes)
    # Whoever wants the CPU has it.
    assert not load._is_for_gpu("cpu")
    assert load._is_for_gpu("auto")
