"""The fusion of the two legs, with scores worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_service.search.ranking.candidates import Candidates, Floats, fuse, order
from glane_service.search.ranking.parameters import Parameters

PARAMETERS = Parameters(
    exact_weight=0.3,
    folded_weight=0.1,
    document_share=0.5,
    title_share=0.1,
    vector_scale=60,
    keyword_scale=20,
)


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def candidates(bound: float = 8.0) -> Candidates:
    return Candidates(
        rows=np.array([1, 4, 7], np.int64),
        keyword=floats(2, 0, 4),
        keyword_bound=bound,
        passage=floats(0.8, 0.6, 0.5),
        any_passage=floats(0.9, 0.6, 0.7),
        document=floats(0.4, 0.8, 0.6),
        language=floats(0, 0, 0),
    )


def test_the_vector_score_is_a_weighted_mean_of_three_cosines() -> None:
    # Row 1: half of .9 * .8 + .1 * .9 = .81, half of .4.
    assert candidates().vector(PARAMETERS) == pytest.approx([0.605, 0.7, 0.56])


def test_what_a_language_brings_is_taken_off() -> None:
    found = replace(candidates(), language=floats(0.1, -0.2, 0))
    assert found.vector(PARAMETERS) == pytest.approx([0.505, 0.9, 0.56])
    halved = replace(PARAMETERS, language_share=0.5)
    assert found.vector(halved) == pytest.approx([0.555, 0.8, 0.56])


def test_coverage_is_the_share_of_what_the_words_could_bring() -> None:
    assert candidates().coverage() == pytest.approx([0.25, 0, 0.5])


def test_a_question_without_words_covers_nothing() -> None:
    assert candidates(bound=0.0).coverage().tolist() == [0, 0, 0]


def test_hybrid_weighs_the_cosine_and_the_coverage() -> None:
    # 60 and 20 of 80: three quarters of the vector score, one of the coverage to the power of 1.5.
    assert fuse(candidates(), PARAMETERS) == pytest.approx([0.485, 0.525, 0.50839], abs=1e-5)


def test_the_other_modes_are_one_leg_alone() -> None:
    assert fuse(candidates(), PARAMETERS, "keyword") == pytest.approx([0.25, 0, 0.5])
    assert fuse(candidates(), PARAMETERS, "vector") == pytest.approx([0.605, 0.7, 0.56])


def test_two_scales_of_nothing_divide_by_nothing() -> None:
    nothing = Parameters(vector_scale=0, keyword_scale=0)
    assert fuse(candidates(), nothing).tolist() == [0, 0, 0]


def test_no_candidates_have_no_scores() -> None:
    none = floats()
    empty = Candidates(np.empty(0, np.int64), none, 3.0, none, none, none, none)
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
    few, many = candidates(), candidates()
    extra = floats(*(chance.random() for _ in range(count)))  # type: ignore[attr-defined]
    many = Candidates(
        np.concatenate([few.rows, np.arange(10, 10 + count)]),
        np.concatenate([few.keyword, extra]),
        few.keyword_bound,
        *(
            np.concatenate([part, extra])
            for part in (few.passage, few.any_passage, few.document, few.language)
        ),
    )
    for mode in ("hybrid", "keyword", "vector"):
        assert fuse(many, PARAMETERS, mode)[:3].tolist() == fuse(few, PARAMETERS, mode).tolist()
