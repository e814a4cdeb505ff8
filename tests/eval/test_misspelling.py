"""Misspellings: which word, which ways, and always the same for one seed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from glane_eval.misspelling import (
    KINDS,
    doubled,
    missing,
    misspell,
    neighbouring,
    swapped,
    unaccented,
)


def test_the_ways_to_mistype_a_word():
    assert swapped("carte") == ["crate", "catre", "caret"]
    assert missing("carte") == ["crte", "cate", "care", "cart"]
    assert doubled("carte") == ["caarte", "carrte", "cartte", "cartee"]
    # On a French keyboard e stands between z and r, over d.
    assert [typed for typed in neighbouring("vue") if typed[1] == "u"] == ["vud", "vur", "vuz"]
    assert unaccented("Été déçu") == ["Eté déçu", "Éte déçu", "Été deçu", "Été décu"]
    assert unaccented("carte") == []


def test_the_telling_word_is_mistyped_else_the_longest():
    text = "Comment refaire une carte d’identité ?"
    assert misspell(text, telling={"carte"}).word == "carte"
    # Accents do not count, nor does what is not in the question.
    assert misspell(text, telling={"identite", "voiture"}).word == "identité"
    assert {misspell(text, seed=seed).word for seed in range(20)} == {"identité"}


def test_one_seed_gives_one_misspelling_in_any_company():
    texts = [f"où déclarer un changement numéro {number}" for number in range(50)]
    first = [misspell(text, telling={"declarer"}) for text in texts]
    random.seed(7)
    assert [misspell(text, telling={"declarer"}) for text in texts] == first
    assert [misspell(text, seed=1, telling={"declarer"}) for text in texts] != first
    assert {made.kind for made in first} == set(KINDS)


@pytest.mark.parametrize("text", ["", "qui est là ?", "où vas-tu", "covid19 2024"])
def test_a_question_of_short_words_is_left_alone(text):
    assert misspell(text) is None


@given(st.text(st.sampled_from("abcdeéèçrstu ’-?,"), max_size=60), st.integers(0, 5))
def test_one_edit_in_one_word_and_the_rest_stays(text, seed):
    made = misspell(text, seed=seed)
    if made is not None:
        assert OSA.distance(made.word, made.typed) == 1
        assert made.text.replace(made.typed, made.word, 1) == text or OSA.distance(made.text, text) == 1
