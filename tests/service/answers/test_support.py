"""Which sentences their passages support; cosines are given, so that words are judged by themselves."""

from __future__ import annotations

import pytest

from glane_service.answers.support import Scale, coverage, supported

PASSAGE = (
    "Enquête auprès de livreurs\nUne fois déduits l’entretien du vélo et les cotisations, le gain horaire "
    "médian tombe à 6,40 euros. Les 1\u202f540 livreurs de Lyon ne sont pas salariés."
)
QUESTION = "Combien gagne un coursier à Paris ?"
# Near is .9, and half of the way to it .85.
SCALE = Scale(0.8)


def is_supported(sentence: str, cosine: float = 0.95) -> bool:
    return supported(sentence, QUESTION, [PASSAGE], [cosine], SCALE)


def test_the_scale_is_half_of_the_way() -> None:
    assert (SCALE.near, SCALE.half) == (pytest.approx(0.9), pytest.approx(0.85))


@pytest.mark.parametrize(
    "sentence",
    [
        "Le gain horaire médian tombe à 6,40 euros.",
        "Un coursier gagne 6.4 euros de l’heure, frais déduits.",
        "À Paris comme à Lyon, le gain médian est de 6,40 euros.",
        "The median hourly gain is 6.40 euros once costs are deducted.",
        "Les 1540 livreurs ne sont pas salariés.",
    ],
)
def test_what_a_passage_says_is_supported(sentence: str) -> None:
    assert is_supported(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Le gain horaire médian tombe à 9,40 euros.",
        "Le gain horaire médian tombe à 6,40 euros en 2019.",
        "Selon Dupont, le gain horaire médian tombe à 6,40 euros.",
        "Le gain horaire médian ne tombe pas à 6,40 euros.",
        "The median gain isn’t 6.40 euros.",
        "Les 1 540 livreurs de Lyon sont salariés.",
        "Le gain est de 6,40 euros, voir https://evil.example.",
        "Le gain est de [6,40 euros](x).",
        "<b>Le gain</b> est de 6,40 euros.",
    ],
)
def test_inventions_are_not(sentence: str) -> None:
    assert not is_supported(sentence)


def test_meaning_alone_or_words_with_some_meaning() -> None:
    words = "Une fois déduits l’entretien et les cotisations, le gain tombe."
    others = "Le revenu réel est fort bas."
    assert coverage(words, [PASSAGE]) == 1.0 and coverage(others, [PASSAGE]) == 0.0
    assert [is_supported(words, cosine) for cosine in (0.91, 0.86, 0.84)] == [True, True, False]
    assert [is_supported(others, cosine) for cosine in (0.91, 0.86, 0.84)] == [True, False, False]
    assert not supported(words, QUESTION, [], [], SCALE)
