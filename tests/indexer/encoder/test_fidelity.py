"""Whether a form may stand for another, and what it is measured on."""

from __future__ import annotations

import numpy as np
import pytest

from glane_indexer.encoder.base import Encoder
from glane_indexer.encoder.fidelity import Fidelity, Probes, ordered, texts
from glane_indexer.encoder.store import folder_of, read_probes
from glane_indexer.settings import Settings


def test_cosines_of_two_forms() -> None:
    probes = Probes(("a", "b"), np.array([[1, 0], [0, 1]], np.float32))
    found = probes.fidelity(np.array([[1, 0], [0.6, 0.8]], np.float32))
    assert (found.mean, found.least) == (pytest.approx(0.9), pytest.approx(0.8))
    assert str(found) == "cosine 0.9000 on average, 0.8000 at least"


@pytest.mark.parametrize(
    ("mean", "least", "holds"),
    [(0.999, 0.997, True), (0.9989, 0.998, False), (0.9995, 0.9969, False), (0.9912, 0.974, False)],
)
def test_the_bar(mean: float, least: float, holds: bool) -> None:
    assert Fidelity(mean, least).holds is holds


def test_a_few_probes_come_from_all_over() -> None:
    probes = Probes(tuple("abcde"), np.eye(5, dtype=np.float32))
    few = probes.few(3)
    assert few.texts == ("a", "c", "e")
    np.testing.assert_array_equal(few.vectors, np.eye(5, dtype=np.float32)[[0, 2, 4]])
    assert probes.few(9).texts == probes.texts


def test_rows_are_of_length_one_or_nothing() -> None:
    np.testing.assert_allclose(ordered([np.array([3, 4]), np.zeros(2)]), [[0.6, 0.8], [0, 0]])


def test_some_hundreds_of_texts_in_several_languages() -> None:
    found = texts(("query: ", "passage: "))
    questions = [text for text in found if text.startswith("query: ")]
    assert len(questions) == 84
    assert len(found) >= 350
    assert len(set(found)) == len(found)
    assert max(map(len, found)) > 1000
    for word in (" und ", " que ", " che ", " the ", " les "):
        assert any(word in text for text in found), word


@pytest.mark.usefixtures("encoder")
def test_the_default_encoder_is_true_on_this_machine(encoder: Encoder) -> None:
    probes = read_probes(folder_of(Settings.from_env()))
    found = np.concatenate(
        [
            encoder.encode_queries([text.removeprefix("query: ")])
            if text.startswith("query: ")
            else encoder.encode_passages([text.removeprefix("passage: ")])
            for text in probes.texts
        ]
    )
    measured = probes.fidelity(found)
    assert measured.mean >= 0.9988
    assert measured.least >= 0.997
