"""The first results in another order, on twelve bookmarks: where, when, and when not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from glane_indexer.errors import EncoderError
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_service.search import engine as engines
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Query
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.reranking import Reranking
from glane_service.search.results import Results
from tests.support.hashed import HashedEncoder
from tests.support.little import make

QUESTION = "le travail des plateformes"
EXACT = Parameters(line=0.0)


class Longest:
    """Takes the longest passage for the best; remembers what it was asked, and may be slow or broken."""

    name = "longest"

    def __init__(self, *, seconds: float = 0.0, broken: bool = False) -> None:
        self.seconds, self.broken = seconds, broken
        self.read: list[tuple[str, list[str]]] = []

    def scores(self, question: str, passages: Sequence[str], deadline: float) -> list[float] | None:
        self.read.append((question, list(passages)))
        if self.broken:
            raise EncoderError("the reranker failed")
        return None if time.perf_counter() + self.seconds >= deadline else [len(text) for text in passages]


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    library: Path = make(tmp_path_factory.mktemp("reranking") / "library", HashedEncoder())
    return open_view(Generation.open(library), "public")


def ids(results: Results) -> list[str]:
    return [hit.bookmark.id for hit in results.hits]


def engine(view: View, reranker: Longest | None, milliseconds: float = 150) -> SearchEngine:
    reranking = None if reranker is None else Reranking(reranker, milliseconds)
    return SearchEngine(view, HashedEncoder(), EXACT, reranking)


def test_the_reranker_reads_title_and_passage_and_gives_the_order(view: View) -> None:
    reranker = Longest()
    plain, other = (engine(view, each).search(Query(QUESTION)) for each in (None, reranker))
    ((question, passages),) = reranker.read
    assert question == QUESTION
    assert len(passages) == plain.total == 12
    first = plain.hits[0]
    assert passages[0] == f"{first.bookmark.title}\n{first.passage.text}"
    # A bookmark without a text is read by its title alone.
    assert "Notes" in passages
    by_length = sorted(range(12), key=lambda place: (-len(passages[place]), place))
    assert ids(other) == [ids(plain)[place] for place in by_length]
    # Scores say the place, and all else stays with its bookmark.
    assert [hit.score for hit in other.hits] == [hit.score for hit in plain.hits]
    reasons = {hit.bookmark.id: (hit.why, hit.passage, hit.confidence) for hit in plain.hits}
    assert {hit.bookmark.id: (hit.why, hit.passage, hit.confidence) for hit in other.hits} == reasons
    assert (other.total, other.facets) == (plain.total, plain.facets)


def test_pages_are_cut_from_one_order(view: View) -> None:
    reranked = engine(view, Longest())
    whole = ids(reranked.search(Query(QUESTION)))
    pages = [ids(reranked.search(Query(QUESTION, page=page, per_page=5))) for page in (1, 2, 3)]
    assert [name for page in pages for name in page] == whole


def test_only_the_first_results_are_looked_at(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "DEPTH", 4)
    plain, other = (ids(engine(view, each).search(Query(QUESTION))) for each in (None, Longest()))
    assert other != plain
    assert (set(other[:4]), other[4:]) == (set(plain[:4]), plain[4:])
    ranked = [name for name, _ in engine(view, Longest()).ranking(Query(QUESTION))]
    assert ranked == other


@pytest.mark.parametrize(
    ("reranker", "milliseconds"), [(Longest(seconds=10), 150), (Longest(), 0), (Longest(broken=True), 150)]
)
def test_out_of_time_or_broken_it_leaves_the_order_alone(
    view: View, reranker: Longest, milliseconds: float
) -> None:
    tried = engine(view, reranker, milliseconds)
    assert ids(tried.search(Query(QUESTION))) == ids(engine(view, None).search(Query(QUESTION)))
    assert tried.reranking is not None
    assert (tried.reranking.asked, tried.reranking.late) == (1, 1)


def test_words_dates_and_lists_are_not_reordered(view: View) -> None:
    reranker = Longest()
    asked = engine(view, reranker)
    for query in (
        Query(QUESTION, mode="keyword"),
        Query(QUESTION, sort="date"),
        Query("", sort="date"),
    ):
        assert ids(asked.search(query)) == ids(engine(view, None).search(query))
    asked.similar("b01")
    assert reranker.read == []
