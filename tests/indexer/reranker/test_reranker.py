"""A cross-encoder prepared, checked and asked, beside what sentence-transformers says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.encoder import store as encoders
from glane_indexer.errors import EncoderError
from glane_indexer.reranker import store
from glane_indexer.reranker.load import load_reranker
from glane_indexer.reranker.onnx_reranker import OnnxReranker
from glane_indexer.reranker.prepare import prepare
from glane_indexer.reranker.store import ScoreProbes
from glane_indexer.settings import Settings
from tests.support.cross_encoder import small_cross_encoder

QUESTION = "quand visiter les ruches ?"
PASSAGES = [
    "Les ruches se visitent par temps doux.",
    "The bridge was closed for two years.",
    "",
    "On enfume peu. " * 40,
]
NEVER = float("inf")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    place = tmp_path_factory.mktemp("reranker")
    model = small_cross_encoder(place / "model")
    chosen = replace(Settings.from_env(), reranker=str(model), cache=place / "cache", threads=2)
    prepare(chosen, quiet=True)
    yield chosen


@pytest.fixture(scope="module")
def reranker(settings: Settings) -> OnnxReranker:
    found = load_reranker(settings, quiet=True)
    assert found is not None
    return found


def test_it_scores_as_sentence_transformers_does(settings: Settings, reranker: OnnxReranker) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(settings.reranker, device="cpu")
    pairs = [(QUESTION, passage) for passage in PASSAGES]
    expected = model.predict(pairs, activation_fn=torch.nn.Identity())
    found = reranker.scores(QUESTION, PASSAGES, NEVER)
    assert found is not None
    probes = ScoreProbes((QUESTION,), (tuple(PASSAGES),), np.array([expected], np.float32))
    assert probes.fidelity(found).holds
    assert np.argsort(found).tolist() == np.argsort(expected).tolist()
    # Random weights hardly tell passages apart, and int8 turns their order (.986): full precision is kept.
    assert (reranker.precision, reranker.name) == ("fp32", settings.reranker)
    # Which text is the question and which the passage is not the same to a cross-encoder.
    assert reranker.scores(PASSAGES[0], [QUESTION], NEVER) != [found[0]]


def test_a_score_does_not_depend_on_its_company(reranker: OnnxReranker) -> None:
    together = reranker.scores(QUESTION, PASSAGES, NEVER)
    assert together == [
        score for passage in PASSAGES for score in reranker.scores(QUESTION, [passage], NEVER) or ()
    ]
    assert reranker.scores(QUESTION, [], NEVER) == []


def test_out_of_time_there_is_no_score(reranker: OnnxReranker) -> None:
    assert reranker.scores(QUESTION, PASSAGES, time.perf_counter()) is None


def test_the_form_is_kept_with_what_it_is_checked_with(settings: Settings) -> None:
    folder = store.folder_of(settings)
    record = store.read(folder)
    assert record is not None
    assert set(record.inputs) == {"input_ids", "token_type_ids", "attention_mask"}
    assert record.max_tokens == 160
    probes = store.read_probes(folder)
    assert probes.scores.shape == (2, 8)
    assert len(probes.pairs) == 16
    assert not (folder / "full.onnx").exists()
    # Prepared once: the second time, nothing is made.
    assert prepare(settings, quiet=True) == record


def test_scores_of_one_question_are_compared_whatever_their_level() -> None:
    exact = np.array([[1.0, 2.0, 4.0], [0.0, 1.0, 0.0]], np.float32)
    probes = ScoreProbes(("q", "r"), (("a", "b", "c"), ("a", "b", "c")), exact)
    moved = [11.0, 12.0, 14.0, -5.0, -3.0, -5.0]
    assert probes.fidelity(moved).least == pytest.approx(1)
    # Centred, (-4, -1, 5) / 3 by (-1, 2, -1) / 3.
    turned = probes.fidelity([0.0, 1.0, 0.0, *exact[1]])
    assert turned.least == pytest.approx((4 - 2 - 5) / np.sqrt(42 * 6))
    assert not turned.holds


def test_a_machine_that_gives_other_scores_is_refused(settings: Settings, tmp_path: Path) -> None:
    import shutil

    folder = store.folder_of(settings)
    other = replace(settings, cache=tmp_path)
    shutil.copytree(folder, store.folder_of(other))
    folder = store.folder_of(other)
    probes = store.read_probes(folder)
    store.write_probes(folder, ScoreProbes(probes.questions, probes.passages, probes.scores[:, ::-1]))
    with pytest.raises(EncoderError, match="checksum"):
        load_reranker(other, quiet=True)
    record = json.loads((folder / store.RECORD).read_text())
    record["sha256"][store.PROBES] = encoders.sha256(folder / store.PROBES)
    (folder / store.RECORD).write_text(json.dumps(record))
    with pytest.raises(EncoderError, match="not what they are elsewhere"):
        load_reranker(other, quiet=True)


def test_what_is_no_reranker_is_told(tmp_path: Path) -> None:
    base = replace(Settings.from_env(), cache=tmp_path / "cache")
    assert load_reranker(base) is None
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="the reranker cannot be loaded") as caught:
        prepare(replace(base, reranker=str(tmp_path / "empty")), quiet=True)
    assert "GLANE_RERANKER" in caught.value.hint
    two = small_cross_encoder(tmp_path / "two", labels=2)
    with pytest.raises(EncoderError, match="gives 2 scores a pair"):
        prepare(replace(base, reranker=str(two)), quiet=True)
