"""What is offered while a question is typed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.index.local.completion import best, folded_start, typed_words
from glane_indexer.text import fold_text
from glane_service.search.suggestions import Suggestion, suggestions

Texts = Sequence[tuple[str, int]]
TITLES = [
    ("Le travail invisible des plateformes", 30),
    ("Travailler demain", 90),
    ("L’emploi et le travail", 30),
    ("Œuvres libres", 5),
    ("Économie politique", 2),
]
TAGS = [("travail", 12), ("travailleurs", 3), ("économie", 7), ("e-sport", 1)]
CONTRIBUTORS = [("Élise Travers", 4), ("Anne Dupont", 9), ("Annette Roy", 9)]


class Suggester:
    """Lists of texts, completed as a view completes its own."""

    def __init__(self, titles: Texts, tags: Texts, contributors: Texts, questions: Texts = ()) -> None:
        self.texts = {"title": titles, "tag": tags, "contributor": contributors, "question": questions}

    def suggest(self, typed: str, limit: int = 8) -> list[Suggestion]:
        words, start = typed_words(typed), folded_start(typed)
        found = {kind: best(texts, words, start, limit) for kind, texts in self.texts.items() if words}
        return suggestions(found, typed, limit)


@pytest.fixture(scope="module")
def suggester() -> Suggester:
    return Suggester(TITLES, TAGS, CONTRIBUTORS)


def texts(suggester: Suggester, typed: str, limit: int = 8) -> list[str]:
    return [item.text for item in suggester.suggest(typed, limit)]


def test_what_begins_so_comes_first_then_tags_contributors_titles_by_weight(suggester: Suggester) -> None:
    assert suggester.suggest("trav") == [
        # These begin as what is typed.
        Suggestion("tag", "travail"),
        Suggestion("tag", "travailleurs"),
        Suggestion("title", "Travailler demain"),
        # These have a word that does; the titles of one weight in the order of their letters.
        Suggestion("contributor", "Élise Travers"),
        Suggestion("title", "Le travail invisible des plateformes"),
        Suggestion("title", "L’emploi et le travail"),
    ]


def test_a_known_question_comes_after_what_is_shorter_and_before_titles() -> None:
    questions = [("Le travail rend-il libre ?", 1), ("Le travail des enfants existe-t-il encore ?", 3)]
    suggester = Suggester(TITLES, TAGS, CONTRIBUTORS, questions)
    assert suggester.suggest("le tra") == [
        Suggestion("question", "Le travail des enfants existe-t-il encore ?"),
        Suggestion("question", "Le travail rend-il libre ?"),
        Suggestion("title", "Le travail invisible des plateformes"),
        Suggestion("title", "L’emploi et le travail"),
    ]


def test_accents_case_and_ligatures_make_no_difference(suggester: Suggester) -> None:
    expected = ["économie", "Économie politique"]
    for typed in ("éco", "eco", "ÉCO", "e\u0301co"):
        assert texts(suggester, typed) == expected
    assert texts(suggester, "œuv") == texts(suggester, "OEUV") == ["Œuvres libres"]


def test_every_word_must_begin_some_word(suggester: Suggester) -> None:
    assert texts(suggester, "trav inv") == ["Le travail invisible des plateformes"]
    assert texts(suggester, "inv trav") == ["Le travail invisible des plateformes"]
    assert texts(suggester, "trav xyz") == []
    assert texts(suggester, "vail") == []


def test_an_elided_word_is_found(suggester: Suggester) -> None:
    assert texts(suggester, "empl") == ["L’emploi et le travail"]
    assert texts(suggester, "l'empl") == ["L’emploi et le travail"]


def test_equal_weights_are_in_the_order_of_their_letters(suggester: Suggester) -> None:
    assert texts(suggester, "ann") == ["Anne Dupont", "Annette Roy"]


def test_one_letter_is_enough(suggester: Suggester) -> None:
    assert texts(suggester, "d") == [
        "Anne Dupont",
        "Travailler demain",
        "Le travail invisible des plateformes",
    ]
    assert texts(suggester, "p") == ["Le travail invisible des plateformes", "Économie politique"]


@pytest.mark.parametrize("typed", ["", "   ", "…", "-", '"', "::"])
def test_nothing_is_offered_for_nothing(suggester: Suggester, typed: str) -> None:
    assert suggester.suggest(typed) == []


def test_the_limit_cuts_the_end_off(suggester: Suggester) -> None:
    whole = suggester.suggest("trav", 8)
    assert [suggester.suggest("trav", limit) for limit in (0, 1, 3)] == [[], whole[:1], whole[:3]]


def test_an_empty_library_offers_nothing() -> None:
    assert Suggester([], [], []).suggest("a") == []


@given(st.text(max_size=12))
def test_whatever_is_typed_each_offer_holds_it(typed: str) -> None:
    suggester = Suggester(TITLES, TAGS, CONTRIBUTORS)
    for item in suggester.suggest(typed):
        for part in fold_text(typed).split():
            first = "".join(char for char in part if char.isalnum())[:1]
            assert first in fold_text(item.text)
