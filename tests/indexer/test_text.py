"""Words with their places, accents, stems and sentences."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.sample.load import library_bytes
from glane_indexer.text import (
    compounds,
    exact,
    fold,
    fold_text,
    is_stop_word,
    query_stems,
    sentences,
    stem,
    tokens,
)


def forms(text: str) -> list[str]:
    return [token.form for token in tokens(text)]


def test_elided_articles_are_words_of_their_own() -> None:
    assert forms("L’emploi qu'offre l'État") == ["l", "emploi", "qu", "offre", "l", "état"]


def test_both_apostrophes_give_the_same_words() -> None:
    assert (
        forms("l’emploi d’aujourd’hui")
        == forms("l'emploi d'aujourd'hui")
        == ["l", "emploi", "d", "aujourd'hui"]
    )


def test_a_token_covers_the_word_and_not_its_article() -> None:
    text = "😀 L’Œuvre"
    token = tokens(text)[-1]
    assert (token.form, text[token.start : token.end]) == ("oeuvre", "Œuvre")


def test_combining_accents_stay_in_their_word() -> None:
    text = "me\u0301tier libre"
    assert forms(text) == ["métier", "libre"]
    assert [text[token.start : token.end] for token in tokens(text)] == ["me\u0301tier", "libre"]


def test_characters_of_unspaced_scripts_are_words() -> None:
    assert forms("図書館 ok") == ["図", "書", "館", "ok"]


def test_what_one_asks_with_is_no_word() -> None:
    for asked in ("qu'est-ce", "a-t-il", "avez-vous", "dois-je", "suis-je"):
        words = tokens(asked)
        assert list(compounds(asked, words)) == []
        assert all(is_stop_word(word.form) for word in words if word.form != "t"), asked


@pytest.mark.parametrize(
    ("text", "joined"),
    [("plate-forme", ["plateforme"]), ("covid-19", ["covid19"]), ("2-4", []), ("covid 19", [])],
)
def test_hyphenated_words_are_one_too(text: str, joined: list[str]) -> None:
    assert [token.form for token in compounds(text, tokens(text))] == joined


@pytest.fixture
def hurried_threads() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
    stem.cache_clear()


@pytest.mark.usefixtures("hurried_threads")
def test_eight_threads_stem_as_one_does() -> None:
    words = sorted({token.form for token in tokens(library_bytes().decode())})
    assert len(words) > 3000
    stem.cache_clear()
    alone = [stem(word, "fr") for word in words]
    stem.cache_clear()

    def stems(seed: int) -> dict[str, str]:
        return {word: stem(word, "fr") for word in random.Random(seed).sample(words, len(words))}

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(stems, range(8)):
            assert [found[word] for word in words] == alone
    # Nor has the cache kept a wrong one.
    assert [stem(word, "fr") for word in words] == alone


def test_hyphenated_words_are_also_searched_joined() -> None:
    text = "la plate-forme, 3-4 fois"
    assert [(token.form, text[token.start : token.end]) for token in compounds(text, tokens(text))] == [
        ("plateforme", "plate-forme")
    ]


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("métiers", "fr", "meti"),
        ("métier", "fr", "meti"),
        ("sociaux", "fr", "social"),
        ("emplois", "fr", "emploi"),
        ("lois", "fr", "loi"),
        ("bonus", "en", "bonus"),
        ("workers", "en", "worker"),
        ("métiers", "es", "metiers"),
        ("2016", "fr", "2016"),
    ],
)
def test_stems(word: str, language: str, expected: str) -> None:
    assert stem(word, language) == expected


@pytest.mark.parametrize("typed", ["métier", "metier", "metiers"])
def test_a_question_finds_the_french_stem_with_and_without_accents(typed: str) -> None:
    assert stem("métiers", "fr") in query_stems(typed)


def test_lost_accents_of_an_ending_are_found_again() -> None:
    assert stem("données", "fr") in query_stems("donnees")


def test_folding() -> None:
    assert fold("déjà") == "deja"
    assert exact("ŒUVRE") == "oeuvre"
    assert fold_text("L’Été À l'œuvre") == "l'ete a l'oeuvre"


@pytest.mark.parametrize(
    ("word", "expected"), [("des", True), ("étaient", True), ("etaient", True), ("emploi", False)]
)
def test_stop_words(word: str, expected: bool) -> None:
    assert is_stop_word(word) is expected


def test_sentences_end_at_full_stops_and_not_at_abbreviations() -> None:
    text = "M. Durand dit « oui ». Et puis ? Voir p. 12 ! Fin"
    assert [text[start:end] for start, end in sentences(text)] == [
        "M. Durand dit « oui ». ",
        "Et puis ? ",
        "Voir p. 12 ! ",
        "Fin",
    ]


@given(st.text(max_size=200))
def test_sentences_cover_any_text_whole(text: str) -> None:
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text


@given(st.text(max_size=200))
def test_tokens_are_in_order_and_within_the_text(text: str) -> None:
    place = 0
    for token in tokens(text):
        assert place <= token.start < token.end <= len(text)
        place = token.end
