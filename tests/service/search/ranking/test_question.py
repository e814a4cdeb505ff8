"""What the words of a question count, by hand, on a library of which only the counts are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glane_indexer.index.protocol import Field, Rows, Term
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import EVERYTHING, idf, telling_of, weigh

PARAMETERS = Parameters(exact_weight=0.3, folded_weight=0.1, title_weight=0.5)


class Library:
    """As much of a view as a question asks for: how many bookmarks of each language hold a word."""

    def __init__(self, counts: Sequence[int], distinct: float = 1.0, **held: Sequence[int]) -> None:
        self.language_counts = np.array(counts, np.int64)
        self.count = sum(counts)
        self.distinct_titles = distinct
        self.held: Mapping[str, Sequence[int]] = held
        self.titles: list[set[str]] = []
        self.lengths: Mapping[str, float] = {"title": 10, "text": 100}
        self.texts: list[set[str]] = []

    def average_length(self, field: Field) -> float:
        return self.lengths[field]

    def document_frequencies(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        return self.spread(list(terms)).sum(axis=1)

    def spread(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        nothing = [0] * len(self.language_counts)
        rows = [self.held.get(term.word, nothing) if term.field == "text" else nothing for term in terms]
        return np.array(rows, np.int64).reshape(len(terms), -1)

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> NDArray[np.float32]:
        held = {"title": self.titles, "text": self.texts}
        return np.array(
            [[term.word in held[term.field][row] for term in terms] for row in rows], np.float32
        )

    def title_masses(self, rows: Rows) -> NDArray[np.float32]:
        known = [sum(idf(sum(self.held[word]), self.count) for word in self.titles[row]) for row in rows]
        return np.array(known, np.float32)


def weighed(view: Library, *words: str) -> Any:
    return weigh(view, words, EVERYTHING, PARAMETERS)  # type: ignore[arg-type]


def test_the_most_that_words_can_score() -> None:
    # Of 10 bookmarks 2 hold the one word and none the other: ln(1 + 8.5 / 2.5) and ln(1 + 10.5 / 0.5), once
    # in the text and half in the title.
    found = weighed(Library([10], haie=[2]), "haie", "xyz")
    assert found.bound == pytest.approx(1.5 * (math.log(4.4) + math.log(22)))
    assert found.unknown == 0.5
    assert weighed(Library([10])).bound == 0


def test_titles_that_many_share_have_no_words_of_their_own() -> None:
    found = weighed(Library([10], distinct=0.1, haie=[2]), "haie")
    assert found.bound == pytest.approx(math.log(4.4))
    assert {term.field for term, _ in found.weights} == {"text"}


def test_a_word_counts_by_all_of_its_forms() -> None:
    found = weighed(Library([10], données=[2], donnees=[4], donn=[6]), "données")
    by_form = {(term.field, term.form, term.word): weight * 2.2 * 1.4 for term, weight in found.weights}
    # Its stems count as the most common of them; all forms together are worth one word.
    assert by_form["text", "stem", "don"] == pytest.approx(idf(4, 10))
    assert by_form["text", "stem", "donnees"] == pytest.approx(idf(4, 10))
    assert by_form["text", "exact", "données"] == pytest.approx(0.3 * idf(2, 10))
    assert by_form["text", "folded", "donnees"] == pytest.approx(0.1 * idf(4, 10))
    assert by_form["title", "stem", "don"] == pytest.approx(0.5 * 1.4 * idf(0, 10))


def test_a_rarer_word_counts_more() -> None:
    weights = [idf(count, 100) for count in (0, 1, 10, 99, 100)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


@pytest.mark.parametrize(("distinct", "telling"), [(0, 0), (0.3, 0), (0.55, 0.5), (0.8, 1), (1, 1)])
def test_titles_that_are_a_bookmarks_own_tell(distinct: float, telling: float) -> None:
    assert telling_of(distinct, 0.1) == pytest.approx(telling)


@pytest.mark.parametrize(("part", "telling"), [(0, 0), (0.01, 0), (0.03, 0.25), (0.05, 0.5), (1, 0.5)])
def test_a_few_words_above_a_long_text_tell_less(part: float, telling: float) -> None:
    assert telling_of(0.55, part) == pytest.approx(telling)


def test_in_one_language_every_word_is_possible() -> None:
    assert weighed(Library([10], haie=[2]), "haie", "xyz").possible == 1


def test_words_of_one_language_are_not_possible_in_another() -> None:
    # 20 of 100 French bookmarks hold the word and none of 100 English ones, of which 20 would.
    view = Library([100, 100], haie=[20, 0])
    weight = idf(20, 200)
    due = weight * (1 - math.exp(-20))
    assert weighed(view, "haie").possible == pytest.approx((1 + 3 / (due + 3)) / 2)
    # A name is at home in both.
    assert weighed(Library([100, 100], dupont=[5, 4]), "dupont").possible == 1


def test_a_handful_of_bookmarks_says_little_of_what_is_possible() -> None:
    # Three English bookmarks: that none holds the word may be chance.
    view = Library([100, 3], haie=[20, 0])
    due = idf(20, 103) * (1 - math.exp(-3 * 0.2))
    assert weighed(view, "haie").possible == pytest.approx((100 + 3 * 3 / (due + 3)) / 103)


def test_how_much_of_a_title_is_in_the_question() -> None:
    view = Library([10], hai=[2], canton=[1], oiseau=[4])
    view.titles = [{"hai"}, {"hai", "canton"}, set(), {"oiseau"}]
    view.texts = [{"hai", "canton"}, {"hai"}, set(), set()]
    covered, complete = weighed(view, "haie", "canton").held(view, np.arange(4))
    assert covered == pytest.approx([1, 1, 0, 0])
    assert complete.tolist() == [1, 0, 0, 0]
    covered, _ = weighed(view, "haie").held(view, np.arange(4))
    assert covered == pytest.approx([1, idf(2, 10) / (idf(2, 10) + idf(1, 10)), 0, 0])
