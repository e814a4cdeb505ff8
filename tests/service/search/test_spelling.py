"""Words that no bookmark holds, taken for those they were meant for."""

from __future__ import annotations

import time

import pytest

from glane_service.live import LiveEngine
from glane_service.search.query import Query
from glane_service.search.results import Correction
from glane_service.search.spelling import Vocabulary, corrected

WORDS = Vocabulary(
    {
        6: [("social", 9), ("emploi", 5), ("maison", 3), ("raison", 4), ("saison", 8)],
        7: [("emplois", 2)],
        10: [("protection", 4)],
    }
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("socail", "social"),  # two swapped
        ("scoial", "social"),
        ("osical", None),  # two edits in a short word
        ("oscial", "social"),  # the first two swapped
        ("socil", "social"),  # one missing
        ("socciial", None),
        ("empploi", "emploi"),  # one doubled, not "emplois"
        ("eaison", None),  # the first letter is not guessed
        ("mqison", "maison"),  # q for a on another keyboard
        ("protcetoin", "protection"),  # twice in a long word
        ("xyzzyq", None),
    ],
)
def test_the_nearest_word(typed: str, meant: str | None) -> None:
    assert WORDS.nearest(typed) == meant


def test_of_equals_the_more_common_is_meant() -> None:
    vocabulary = Vocabulary({7: [("montrer", 2), ("montres", 7)]})
    assert vocabulary.nearest("montrek") == "montres"
    # In a short word a letter that is not beside the right one makes another word.
    assert Vocabulary({5: [("tante", 9)]}).nearest("tarte") is None


def test_a_misspelt_question_finds_what_the_right_one_finds(sample_live: LiveEngine) -> None:
    engine = sample_live.engine
    right, wrong = engine.search(Query("protection sociale")), engine.search(Query("protectoin sociale"))
    assert wrong.corrections == (Correction("protectoin", "protection"),)
    assert [hit.bookmark.id for hit in wrong.hits] == [hit.bookmark.id for hit in right.hits]
    assert engine.search(Query("protectoin sociale", as_typed=True)).corrections == ()


def test_a_question_in_another_language_is_not_corrected_word_by_word(sample_live: LiveEngine) -> None:
    # Swedish, of which the library has nothing: every word is near some other.
    found = sample_live.engine.search(Query("hur lange kan man lagra personliga uppgifter"))
    assert found.corrections == ()


def test_what_is_known_is_left_alone(sample_live: LiveEngine) -> None:
    for text in ("donnees personnelles", "Qu’est-ce que le télétravail ?", "2016", "xkcdfgh"):
        assert sample_live.engine.search(Query(text)).corrections == (), text


@pytest.mark.parametrize(
    ("known", "unknown", "corrected_to"),
    [
        # As many words of the question are known as are not: the misspelt one is put right.
        (["données", "travail"], ["biblothèques", "zzqxv"], "bibliothèques"),
        # Most are unknown: it is about something else, or in another language.
        (["données"], ["biblothèques", "zzqxv"], None),
    ],
)
def test_a_question_is_corrected_unless_most_of_it_is_unknown(
    sample_live: LiveEngine, known: list[str], unknown: list[str], corrected_to: str | None
) -> None:
    view = sample_live.engine.view
    _, found = corrected(view, lambda: Vocabulary.of(view), " ".join([*known, *unknown]))
    assert [correction.taken for correction in found] == ([corrected_to] if corrected_to else [])


def test_the_word_is_as_a_bookmark_writes_it(sample_live: LiveEngine) -> None:
    view = sample_live.engine.view
    text, found = corrected(view, lambda: Vocabulary.of(view), "les biblothèques d’abord")
    assert text == "les bibliothèques d’abord"
    assert found == (Correction("biblothèques", "bibliothèques"),)


def test_a_thousand_characters_of_unknown_words_cost_a_few_lookups(sample_live: LiveEngine) -> None:
    asked = 0

    class Counting(Vocabulary):
        def nearest(self, typed: str) -> str | None:
            nonlocal asked
            asked += 1
            return super().nearest(typed)

    view = sample_live.engine.view
    vocabulary = Counting.of(view)
    started = time.perf_counter()
    corrected(view, lambda: vocabulary, " ".join(f"xq{chr(97 + n % 26)}zzvw" for n in range(110)))
    assert asked == 0
    assert time.perf_counter() - started < 5
