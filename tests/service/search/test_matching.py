"""Which words of a text match a question, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.text import tokens
from glane_service.search.matching import Matcher, bounded, coverage


def marked(words: list[str], text: str, language: str = "fr") -> list[str]:
    return [text[start:end] for start, end in Matcher(words).highlights(text, language)]


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["emploi"], "L’emploi, l'emploi et les emplois", ["emploi", "emploi", "emplois"]),
        (["métier"], "Métiers, metiers et METIER", ["Métiers", "metiers", "METIER"]),
        (["metier"], "un métier", ["métier"]),
        (["donnees"], "les données sociales", ["données"]),
        (["oeuvre"], "à l’Œuvre", ["Œuvre"]),
        (["plateforme"], "une plate-forme et des plateformes", ["plate-forme", "plateformes"]),
        (["sociaux"], "la protection sociale", ["sociale"]),
        (["workers"], "a worker", ["worker"]),
        (["art"], "le départ d'une carte", []),
        (["図"], "図書館", ["図"]),
        ([], "rien", []),
    ],
)
def test_highlights_cover_exactly_the_word(words: list[str], text: str, expected: list[str]) -> None:
    language = "en" if words == ["workers"] else "fr"
    assert marked(words, text, language) == expected


def test_places_are_code_points() -> None:
    assert Matcher(["droit"]).highlights("😀😀 le droit", "fr") == ((6, 11),)


def test_the_best_form_of_each_word_counts() -> None:
    weights = {"données": 0.75, "droit": 0.25}
    matcher = Matcher(["données", "droit"])
    for text, expected in (
        ("Les données donnees du droit", 1.0),
        ("Les donnees", 0.75 * 0.9),
        ("Les droits", 0.25 * 0.8),
        ("Rien de tel", 0),
    ):
        assert coverage(matcher.scan(text, "fr"), weights) == pytest.approx(expected)


def test_words_begin_after_a_space_and_nothing_else_does() -> None:
    text = "L’Œuvre d'été,図é\u2028Émile_x 😀a"
    assert bounded(text) == " l ouvre d ete  e emile x  a"
    assert len(bounded(text)) == len(text) + 1
    assert bounded("") == " "


def test_words_of_other_scripts_are_found_where_they_begin() -> None:
    assert marked(["работа"], "заработать и работать, работа", "ru") == ["работа"]
    assert marked(["館"], "図書館 館a", "ja") == ["館", "館"]


def test_the_words_found_come_in_the_questions_order() -> None:
    matcher = Matcher(["travail", "gratuit", "ville"])
    assert matcher.found_in(["la ville", "un travail"], "fr") == ("travail", "ville")


@given(st.text(max_size=300), st.sampled_from(["fr", "en", "es", ""]))
def test_the_quick_search_finds_what_the_analysis_finds(text: str, language: str) -> None:
    words = [token.form for token in tokens(text)][:3]
    latin = [word for word in words if word.isascii() and word.isalpha()]
    found = {text[start:end] for start, end in Matcher(latin).highlights(text, language)}
    for token in tokens(text):
        if token.form in latin and text[token.start : token.end].isascii():
            assert any(text[token.start : token.end] in mark for mark in found)
