"""The search of numbers: its values, its steps, and sets left out, on candidates made by hand."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glane_eval import ablation
from glane_eval.searching import FUSION_GRID, RETRIEVAL_GRID, Questions, Table, ideal, ndcg, search
from glane_eval.tuning import left_out, tune
from glane_indexer.errors import DatasetError, UsageError
from glane_service.search.ranking.candidates import Candidates, order
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.ranking.question import Question

START = Parameters()


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def made(name: str, *, better: str, count: int = 6) -> Questions:
    """Questions with three bookmarks each: the right one is nearest by its passage (``better`` is
    ``passage``) or by its whole (``document``), and another one by the other."""
    one, other = column(0.9, 0.8, 0.1), column(0.8, 0.9, 0.1)
    passage, document = (one, other) if better == "passage" else (other, one)
    nothing = np.zeros(3, np.float32)
    # Two words' worth of weight, titles that tell nothing, one language.
    question = Question((), (), 2.0, 1.0, 0.0)
    found = Candidates.found_by_words(np.arange(3), nothing, question)
    candidates = replace(found, passage=passage, document=document)
    queries = {f"{name}{number}": f"question {name}" for number in range(count)}
    return Questions(
        name,
        queries,
        {query: {"a": 1, "gone": 0} for query in queries},
        ["a", "b", "c"],
        lambda query, parameters: candidates,
    )


def test_every_number_that_is_searched_is_one_of_the_ranking() -> None:
    known = {item.name for item in fields(Parameters)}
    assert {*FUSION_GRID, *RETRIEVAL_GRID} <= known
    for name, grid in {**FUSION_GRID, **RETRIEVAL_GRID}.items():
        # The default is among those tried, or near them: a search must be able to come back to it.
        assert min(grid) <= getattr(START, name) <= max(grid)
    for changed, _ in ablation.VARIANTS.values():
        assert set(changed) <= known


def test_gain_and_discount() -> None:
    scores = column(0.2, 0.9, 0.5, 0.9)
    best = ideal([2, 1, 0])
    assert best == pytest.approx(2 + 1 / math.log2(3))
    # Ranks: 1 (row 1), 2 (row 3, of equal score), 3 (row 2), 4 (row 0).
    found = ndcg(scores, np.array([0, 3]), np.array([2.0, 1.0]), best)
    assert found == pytest.approx((2 / math.log2(5) + 1 / math.log2(3)) / best)
    assert ndcg(scores, np.array([], int), np.array([]), best) == 0
    assert ndcg(np.arange(20, 0, -1).astype(np.float32), np.array([10]), np.array([1.0]), 1.0) == 0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.data())
def test_ranks_are_those_of_the_ranking(values: list[int], data: st.DataObject) -> None:
    scores = column(*values)
    places = sorted(data.draw(st.sets(st.integers(0, len(values) - 1))))
    gains = np.arange(1, len(places) + 1, dtype=float)
    ranking = order(np.arange(len(values)), scores)[:10].tolist()
    expected = sum(
        gain / math.log2(ranking.index(place) + 2)
        for place, gain in zip(places, gains, strict=True)
        if place in ranking
    )
    assert ndcg(scores, np.array(places, int), gains, 2.0) == pytest.approx(expected / 2)


def test_a_search_finds_what_the_questions_need() -> None:
    table = Table([made("one", better="document")])
    # At .25 the passage decides, from .75 on the whole bookmark; .5 is a tie, which the first wins.
    assert table.values(0, START).tolist() == [pytest.approx(1 / math.log2(3))] * 6
    found = search(table, START, {0: None})
    assert found.document_share == 0.5
    assert table.values(0, found).tolist() == [1] * 6
    assert table.gain(START, found, {0: None}) == pytest.approx(
        (1 - 1 / math.log2(3), 0, 1 - 1 / math.log2(3))
    )


def test_a_step_has_to_bring_more_than_its_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    # Four questions gain g, and one loses as much: 3g/5 on average, with an error of .8g/sqrt(5).
    gains, odd = made("one", better="document", count=4), made("two", better="passage", count=1)
    mixed = Questions(
        "mixed",
        gains.queries | odd.queries,
        gains.qrels | odd.qrels,
        gains.ids,
        lambda query, parameters: (odd if "two" in query.text else gains).fetch(query, parameters),
    )
    table = Table([mixed])
    after = replace(START, document_share=0.75)
    gain = 1 - 1 / math.log2(3)
    found = table.gain(START, after, {0: None})
    assert found[:2] == (pytest.approx(0.6 * gain), pytest.approx(0.8 * gain / math.sqrt(5)))
    assert table.gain(START, after, {0: np.array([True, True, False, False, True])})[0] == pytest.approx(
        gain / 3
    )
    monkeypatch.setattr("glane_eval.searching.FUSION_GRID", {"document_share": (0.75,)})
    assert search(table, START, {0: None}) == after
    # Of two that gain and one that loses, nobody can tell: .33g with an error of .54g.
    assert search(table, START, {0: np.array([True, True, False, False, True])}) == START


def test_a_step_costs_no_set_much(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three sets gain by .37, and one loses as much: the mean rises well, and the step is not taken.
    sets = [made(name, better="document") for name in ("one", "two", "three")]
    table = Table([*sets, made("odd", better="passage")])
    monkeypatch.setattr("glane_eval.searching.FUSION_GRID", {"document_share": (0.75,)})
    everything = dict.fromkeys(range(4))
    gain = table.gain(START, replace(START, document_share=0.75), everything)
    assert (gain.mean, gain.least) == pytest.approx((0.1845, -0.3691), abs=1e-4)
    assert search(table, START, everything) == START
    assert search(table, START, {0: None, 1: None, 2: None}).document_share == 0.75


def test_a_left_out_set_does_not_choose_its_numbers() -> None:
    sets = [made("one", better="passage"), made("two", better="passage"), made("odd", better="document")]
    chosen = left_out(Table(sets), START)
    # Without the odd one the defaults serve both; with it they still serve more.
    assert [numbers.document_share for numbers in chosen][2] == START.document_share
    found = tune(sets, START)
    odd = found.datasets[2]
    assert odd.expected == odd.before == pytest.approx(1 / math.log2(3))
    assert odd.chosen == {}
    assert found.expected == pytest.approx(np.mean([item.expected for item in found.datasets]))


def test_a_change_that_costs_a_left_out_set_is_not_worthwhile() -> None:
    # Two sets that want opposite things: chosen on the one, a change costs the other.
    found = tune([made("one", better="passage"), made("two", better="document")], START)
    one, two = found.datasets
    assert one.chosen["document_share"] == (0.25, 0.5)
    assert (one.gain, two.gain) == (0, 0)
    assert found.to_json()["worthwhile"] is False
    # The same on both: what is chosen on either helps the other.
    both = tune([made("one", better="document"), made("two", better="document")], START)
    assert [item.gain for item in both.datasets] == pytest.approx([1 - 1 / math.log2(3)] * 2)
    assert both.worthwhile and both.changes == {"document_share": (0.25, 0.5)}


def test_one_set_is_cut_into_folds_and_some_kept_aside() -> None:
    found = tune([made("one", better="document", count=20)], START, folds=4, holdout=0.4)
    (expected,), (fresh,) = found.datasets, found.fresh
    assert (expected.queries, fresh.queries) == (12, 8)
    assert (expected.expected, fresh.after) == (1, 1)
    assert found.worthwhile
    with pytest.raises(DatasetError, match="too few for 5 folds"):
        tune([made("one", better="document", count=3)], START)
    with pytest.raises(UsageError, match="not a share"):
        tune([made("one", better="document")], START, holdout=1)


def test_the_table_of_parts_left_off() -> None:
    sets = [made("one", better="document"), made("two", better="document")]
    lines = ablation.table(sets, progress=lambda stage, done, total: None)
    assert lines[0] == "| ranking | one | two | mean | change |"
    cells = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[1:] for line in lines[2:]}
    assert cells["with the defaults"][0] == "**0.6309**"
    chosen = cells["with the numbers that are best on the other sets"]
    assert chosen[0].startswith("1.0000<br>+0.3691 (0.0")
    assert chosen[2:] == ["1.0000", "+0.3691 |"]
    # What is left off is compared with the numbers that were chosen, not with the defaults.
    assert cells["passages alone"][2:] == ["0.6309", "-0.3691 |"]
    assert cells["whole bookmarks alone"][2:] == ["1.0000", "+0.0000 |"]
    plain = ablation.table(sets, defaults=True, progress=lambda stage, done, total: None)
    assert len(plain) == len(lines) - 1
