"""Another model than the default one: a small sentence-transformers folder, prepared and asked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glane_indexer.encoder import store
from glane_indexer.encoder.fidelity import Probes
from glane_indexer.encoder.load import load_encoder
from glane_indexer.encoder.onnx_encoder import OnnxEncoder
from glane_indexer.encoder.prepare import prepare
from glane_indexer.errors import EncoderError
from glane_indexer.settings import Settings

TEXTS = ["les haies du canton", "un livre", "the water of the river and the stones of the bridge"]
WORDS = sorted({word for text in TEXTS for word in text.split()})


def small_model(folder: Path, pooling: str) -> Any:
    """A BERT of two layers with random weights, its own tokenizer, and prefixes in its configuration."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "ask", "say", ":", *WORDS]
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "vocab.txt").write_text("\n".join(pieces))
    BertTokenizerFast(vocab={piece: place for place, piece in enumerate(pieces)}).save_pretrained(source)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=40,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(source)
    transformer = Transformer(str(source), max_seq_length=32)
    model = SentenceTransformer(
        modules=[transformer, Pooling(64, pooling_mode=pooling)],
        prompts={"query": "ask: ", "document": "say: "},
        device="cpu",
    )
    model.save(str(folder / "model"))
    return model


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("pooling", "precision", "cosine"),
    [("mean", "int8", 0.997), ("cls", "int8", 0.997), ("mean", "fp32", 0.9999)],
)
def test_a_model_answers_as_sentence_transformers_does(
    tmp_path: Path, pooling: str, precision: str, cosine: float
) -> None:
    model = small_model(tmp_path, pooling)
    settings = replace(
        Settings.from_env(), model=str(tmp_path / "model"), cache=tmp_path / "cache", precision=precision
    )
    prepared = prepare(settings, quiet=True)
    assert (prepared.runtime, prepared.precision, prepared.pooling) == ("onnx", precision, pooling)
    assert (prepared.dimensions, prepared.max_tokens) == (64, 32)
    assert (prepared.query_prefix, prepared.passage_prefix) == ("ask: ", "say: ")
    encoder = load_encoder(settings, quiet=True)
    assert isinstance(encoder, OnnxEncoder)
    for found, prefix in (
        (encoder.encode_queries(TEXTS), "ask: "),
        (encoder.encode_passages(TEXTS), "say: "),
    ):
        expected = unit(model.encode([prefix + text for text in TEXTS]))
        assert np.einsum("nd,nd->n", found, expected).min() > cosine
    # Prepared once: the second time, nothing is made.
    assert prepare(settings, quiet=True) == prepared


def test_a_machine_that_turns_the_vectors_is_refused(tmp_path: Path) -> None:
    small_model(tmp_path, "mean")
    settings = replace(Settings.from_env(), model=str(tmp_path / "model"), cache=tmp_path / "cache")
    prepare(settings, quiet=True)
    folder = store.folder_of(settings)
    probes = store.read_probes(folder)
    assert len(probes.texts) == 8
    assert (probes.texts[0].startswith("ask: "), probes.texts[-1].startswith("say: ")) == (True, True)
    # As if the vectors had been made elsewhere: one of them is turned by an angle of cosine .99.
    vectors = probes.vectors.copy()
    aside = vectors[1] - (vectors[1] @ vectors[0]) * vectors[0]
    vectors[0] = 0.99 * vectors[0] + np.sqrt(1 - 0.99**2) * aside / np.linalg.norm(aside)
    store.write_probes(folder, Probes(probes.texts, vectors))
    record = json.loads((folder / store.RECORD).read_text())
    record["files"][store.PROBES] = (folder / store.PROBES).stat().st_size
    record["sha256"][store.PROBES] = store.sha256(folder / store.PROBES)
    (folder / store.RECORD).write_text(json.dumps(record))
    with pytest.raises(EncoderError, match=r"turn away .* 0\.9[89]\d\d at least") as caught:
        load_encoder(settings, quiet=True)
    assert "GLANE_PRECISION=fp32" in caught.value.hint


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    settings = replace(Settings.from_env(), model=str(tmp_path / "empty"), cache=tmp_path / "cache")
    with pytest.raises(EncoderError, match="the encoder cannot be loaded") as caught:
        prepare(settings, quiet=True)
    assert caught.value.where == str(tmp_path / "empty")
    assert "GLANE_MODEL" in caught.value.hint
