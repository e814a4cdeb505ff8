"""The fusion of the two legs, with scores worked out by hand."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_service.search.ranking.candidates import Candidates, Floats, evidence, fuse, order, words_weight
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import Question, Word

PARAMETERS = Parameters(
    document_share=0.5,
    title_share=0.4,
    vector_scale=60,
    nat_scale=1,
    telling_discount=0.5,
    title_scale=2,
    possible_power=2,
    passage_weight=0,
)


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def question(bound: float = 8.0, possible: float = 1.0, telling: float = 0.5) -> Question:
    return Question((), (), bound, possible, telling)


def candidates(bound: float = 8.0, possible: float = 1.0, telling: float = 0.5) -> Candidates:
    return Candidates(
        rows=np.array([1, 4, 7], np.int64),
        question=question(bound, possible, telling),
        keyword=floats(2, 0, 4),
        passage=floats(0.8, 0.6, 0.5),
        title=floats(0.9, 0.6, 0.7),
        document=floats(0.4, 0.8, 0.6),
        language=floats(0, 0, 0),
        title_covered=floats(0, 0, 1),
        complete=floats(0, 0, 1),
        common=floats(0, 0, 0),
        gain=floats(0, 0, 0),
        density=0.0,
    )


def test_the_vector_score_is_a_weighted_mean_of_three_cosines() -> None:
    # Titles tell by half: .2 of .9, and .8 of the mean of .8 and .4.
    assert candidates().vector(PARAMETERS) == pytest.approx([0.66, 0.68, 0.58])


def test_titles_that_tell_nothing_are_not_heard() -> None:
    assert candidates(telling=0).vector(PARAMETERS) == pytest.approx([0.6, 0.7, 0.55])


def test_what_a_language_brings_is_taken_off() -> None:
    found = replace(candidates(), language=floats(0.1, -0.2, 0))
    assert found.vector(PARAMETERS) == pytest.approx([0.56, 0.88, 0.58])
    halved = replace(PARAMETERS, language_share=0.5)
    assert found.vector(halved) == pytest.approx([0.61, 0.78, 0.58])


def test_coverage_is_the_share_of_what_the_words_could_bring() -> None:
    assert candidates().coverage() == pytest.approx([0.25, 0, 0.5])


def test_a_question_without_words_covers_nothing() -> None:
    assert candidates(bound=0.0).coverage().tolist() == [0, 0, 0]


def test_hybrid_adds_the_cosine_the_words_and_the_title_in_nats() -> None:
    # 60 cosines; a nat counts 1 - .5 * .5 = .75; the title 2 * .5 = 1; at most 60 + .75 * 8 + 1 = 67.
    expected = [(60 * 0.66 + 1.5) / 67, 60 * 0.68 / 67, (60 * 0.58 + 3 + 1) / 67]
    assert fuse(candidates(), PARAMETERS) == pytest.approx(expected, abs=1e-5)


def test_words_count_by_the_share_of_them_that_can_be_found() -> None:
    # Half of the words' weight is possible: to the power of 2, a quarter of what they say.
    expected = [(60 * 0.66 + 0.375) / 61.75, 60 * 0.68 / 61.75, (60 * 0.58 + 0.75 + 0.25) / 61.75]
    assert fuse(candidates(possible=0.5), PARAMETERS) == pytest.approx(expected, abs=1e-5)


def test_the_words_of_a_question_in_another_language_count_less() -> None:
    # Of ten words the library knows so many: below seven, the square of their share of seven.
    for known, expected in ((10, 1.0), (7, 1.0), (3, (3 / 7) ** 2), (0, 0.0)):
        words = tuple(Word(f"w{n}", (), 1.0, known=n < known) for n in range(10))
        of = replace(candidates(), question=Question(words, (), 8.0, 1.0, 0.5))
        assert of.question.familiar == pytest.approx(expected)
        nats, _ = evidence(of, PARAMETERS)
        assert nats == pytest.approx([60 * 0.66 + 1.5 * expected, 60 * 0.68, 60 * 0.58 + 4 * expected])


def test_what_a_passage_gains_counts_as_its_cosine_does() -> None:
    # Of 60 cosines a passage's are .8 (half of the title's .4 aside) * .5: 24. At most it gains .1.
    parameters = replace(PARAMETERS, passage_weight=0.1)
    read = candidates().read(np.array([2, 0]), floats(0.05, 0.02))
    expected = [(60 * 0.66 + 1.5 + 24 * 0.02), 60 * 0.68, (60 * 0.58 + 3 + 1 + 24 * 0.05)]
    assert fuse(read, parameters) == pytest.approx(np.array(expected) / (67 + 2.4), abs=1e-5)
    assert candidates().gain.tolist() == [0, 0, 0]
    # Where a quarter of what the words say counts, so does what they are worth in a passage.
    assert words_weight(candidates(possible=0.5), parameters) == pytest.approx(0.025)
    # By meaning alone words are not heard.
    assert fuse(read, parameters, "vector") == pytest.approx([0.66, 0.68, 0.58])


def test_the_other_modes_are_one_leg_alone() -> None:
    assert fuse(candidates(), PARAMETERS, "keyword") == pytest.approx([0.25, 0, 0.5])
    assert fuse(candidates(), PARAMETERS, "vector") == pytest.approx([0.66, 0.68, 0.58])


def test_two_scales_of_nothing_divide_by_nothing() -> None:
    nothing = Parameters(vector_scale=0, nat_scale=0, title_scale=0)
    assert fuse(candidates(), nothing).tolist() == [0, 0, 0]


def test_no_candidates_have_no_scores() -> None:
    none = floats()
    empty = Candidates(np.empty(0, np.int64), question(), *([none] * 9), 0.0)
    for mode in ("hybrid", "keyword", "vector"):
        scores = fuse(empty, PARAMETERS, mode)
        assert len(scores) == 0
        assert len(order(empty.rows, scores)) == 0


def test_the_order_is_by_score_and_then_by_row() -> None:
    rows = np.array([3, 5, 8, 9], np.int64)
    assert order(rows, floats(0.5, 0.9, 0.5, 0.9)).tolist() == [1, 3, 0, 2]


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=30), st.randoms())
def test_the_order_does_not_depend_on_how_candidates_came(scores: list[float], chance: object) -> None:
    rows = list(range(len(scores)))
    shuffled = rows.copy()
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    ranked = order(np.array(rows, np.int64), floats(*scores)).tolist()
    again = order(np.array(shuffled, np.int64), floats(*(scores[row] for row in shuffled)))
    assert [shuffled[place] for place in again] == ranked
    assert ranked == sorted(rows, key=lambda row: (-scores[row], row))


@given(st.integers(2, 6), st.randoms())
def test_a_candidate_more_changes_no_other_score(count: int, chance: object) -> None:
    few = candidates()
    extra = floats(*(chance.random() for _ in range(count)))  # type: ignore[attr-defined]
    arrays = [item.name for item in fields(Candidates) if item.name not in ("rows", "question", "density")]
    many = replace(
        few,
        rows=np.concatenate([few.rows, np.arange(10, 10 + count)]),
        **{name: np.concatenate([getattr(few, name), extra]) for name in arrays},
    )
    for mode in ("hybrid", "keyword", "vector"):
        assert fuse(many, PARAMETERS, mode)[:3].tolist() == fuse(few, PARAMETERS, mode).tolist()
