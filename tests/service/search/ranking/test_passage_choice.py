"""Which passage of a bookmark is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_indexer.models import PassageKind
from glane_service.search.ranking.passage_choice import WORDS_WEIGHT, choose, gain

TITLE, DESCRIPTION, ANNOTATION = "title", "description", "annotation"


@pytest.mark.parametrize(
    ("kinds", "cosines", "coverages", "expected"),
    [
        # By meaning alone.
        ([DESCRIPTION, ANNOTATION, ANNOTATION], [0.80, 0.85, 0.84], [0, 0, 0], 1),
        # .84 + .06 is more than .85 + .03: the words decide between two that are near.
        ([DESCRIPTION, ANNOTATION, ANNOTATION], [0.80, 0.85, 0.84], [0, 0.5, 1], 2),
        # .76 + .08 is less than .85: words alone do not carry a passage that says something else.
        ([ANNOTATION, ANNOTATION], [0.85, 0.76], [0, 1], 0),
        # A title says what it is about and not what it says, however near it is.
        ([TITLE, ANNOTATION], [0.95, 0.70], [1, 0], 1),
        ([TITLE, DESCRIPTION], [0.95, 0.10], [1, 0], 1),
        # There is nothing else.
        ([TITLE], [0.95], [1], 0),
        # The first of equals.
        ([TITLE, ANNOTATION, ANNOTATION], [0.9, 0.8, 0.8], [0, 0.5, 0.5], 1),
        # Without a vector the words alone decide.
        ([TITLE, ANNOTATION, ANNOTATION], None, [0.5, 0.2, 0.4], 2),
        # Where only the title holds one of them, and nothing is known of meaning: the title.
        ([TITLE, ANNOTATION, ANNOTATION], None, [0.5, 0, 0], 0),
        # Nothing is known at all.
        ([TITLE, ANNOTATION], None, [0, 0], 0),
        ([DESCRIPTION, ANNOTATION], None, [0, 0], 0),
    ],
)
def test_the_passage_that_says_it_is_shown(
    kinds: list[PassageKind], cosines: list[float] | None, coverages: list[float], expected: int
) -> None:
    assert choose(kinds, cosines, coverages.__getitem__) == expected


def test_a_passage_below_zero_can_be_the_best() -> None:
    assert choose([TITLE, ANNOTATION, ANNOTATION], [0.1, -0.5, -0.4], lambda place: 0) == 2


def test_a_passage_far_below_the_best_is_not_read() -> None:
    read: list[int] = []

    def coverage(place: int) -> float:
        read.append(place)
        return {1: 0.5, 2: 0.2}[place]

    # .85 + .03 is the best so far: .80 + .06 cannot win by words, and .83 + .06 could.
    kinds: list[PassageKind] = [TITLE, DESCRIPTION, ANNOTATION, ANNOTATION, ANNOTATION]
    assert choose(kinds, [0.95, 0.85, 0.83, 0.80, 0.10], coverage) == 1
    assert read == [1, 2]


PASSAGES = st.lists(
    st.tuples(st.sampled_from([TITLE, DESCRIPTION, ANNOTATION]), st.floats(-1, 1), st.floats(0, 1)),
    min_size=1,
    max_size=8,
)


@given(PASSAGES)
def test_what_is_not_read_would_not_have_been_chosen(
    passages: list[tuple[PassageKind, float, float]],
) -> None:
    kinds, cosines, coverages = ([item[place] for item in passages] for place in range(3))
    said = [place for place, kind in enumerate(kinds) if kind != TITLE] or list(range(len(kinds)))
    values = [cosines[place] + WORDS_WEIGHT * coverages[place] for place in range(len(kinds))]
    chosen = choose(kinds, cosines, coverages.__getitem__)
    assert chosen == max(said, key=lambda place: (values[place], -place))


MANY: list[PassageKind] = [TITLE, *[ANNOTATION] * 10]


@pytest.mark.parametrize(
    ("coverages", "expected"),
    [
        # The nearest holds half of the words: .90 + .03.
        ([0.5, 0, 0], 0.03),
        # The second holds all of them: .88 + .06 is .04 more than .90.
        ([0, 1, 0], 0.04),
        # .83 + .06 is below what the nearest has without a word.
        ([0, 0, 1], 0.0),
        ([0, 0, 0], 0.0),
    ],
)
def test_a_passage_that_holds_the_words_speaks_for_its_bookmark(
    coverages: list[float], expected: float
) -> None:
    cosines = [0.99, 0.90, 0.88, 0.83, *[0.5] * 7]
    held = [1.0, *coverages, *[1.0] * 7]
    assert gain(MANY, cosines, held.__getitem__, 0.06) == pytest.approx(expected)


@pytest.mark.parametrize(("passages", "share"), [(1, 0), (2, 0), (6, 0.5), (10, 1), (40, 1)])
def test_a_passage_gains_where_it_is_one_of_many(passages: int, share: float) -> None:
    kinds: list[PassageKind] = [TITLE, *[DESCRIPTION] * passages]
    found = gain(kinds, [0.9] * len(kinds), lambda place: 1.0, 0.06)
    assert found == pytest.approx(0.06 * share)


def test_a_bookmark_that_is_a_title_gains_nothing() -> None:
    assert gain([TITLE], [0.9], lambda place: 1.0, 0.06) == 0
    assert gain([], [], lambda place: 1.0, 0.06) == 0


def test_what_cannot_win_by_words_is_not_read() -> None:
    read: list[int] = []

    def coverage(place: int) -> float:
        read.append(place)
        return 0.5

    assert gain(MANY, [0.99, *[0.9, 0.86, 0.84], *[0.5] * 7], coverage, 0.06) == pytest.approx(0.03)
    # .90 + .03 is out of reach of .86 + .06, and of all that is further.
    assert read == [1]
