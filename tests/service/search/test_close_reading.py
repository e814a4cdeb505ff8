"""Bookmarks read closely: the words of each passage, and what a passage says for its bookmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glane_indexer.importers import jsonl
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.protocol import View
from glane_indexer.models import Annotation, Bookmark
from glane_service.search.close_reading import CloseReader
from glane_service.search.engine import SearchEngine
from glane_service.search.query import Mode, Query
from glane_service.search.ranking.parameters import Parameters
from glane_service.search.reading import Readings
from tests.support import little
from tests.support.hashed import HashedEncoder

WORDS = ("chêne", "gland", "racine")
FILLER = ["Le vent du soir tombe.", "La barque rentre au port.", "On range les filets."]


def notebook(name: str, sayings: list[str]) -> Bookmark:
    texts = [*sayings, *(f"{FILLER[place % 3]} Page {place}." for place in range(12 - len(sayings)))]
    return Bookmark(
        title=f"Carnet {name}",
        url=f"https://carnets.example.org/{name}",
        annotations=tuple(Annotation(text, id=f"{name}{place}") for place, text in enumerate(texts)),
        id=name,
        language="fr",
    )


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    bookmarks = [
        notebook("a", ["Un chêne.", "Un gland.", "Une racine."]),
        notebook("b", ["Le chêne sort du gland par la racine."]),
    ]
    lines = jsonl.dump(bookmarks[0]) + "\n" + jsonl.dump(bookmarks[1]) + "\n"
    library: Path = little.make(
        tmp_path_factory.mktemp("read") / "library", HashedEncoder(), lines.encode()
    )
    return open_view(Generation.open(library), "public")


def test_each_passage_has_its_words_and_their_share(view: View) -> None:
    reader = CloseReader(Readings(view), WORDS, None)
    scattered, together = reader.of(np.array([0, 1], np.int64))
    # Both bookmarks hold all three words: they are equally rare, a third each. The title is passage 0.
    assert [scattered.coverage(place) for place in (0, 1, 2, 3, 4)] == pytest.approx(
        [0, 1 / 3, 1 / 3, 1 / 3, 0]
    )
    assert together.coverage(1) == pytest.approx(1)
    assert [match.word for match in together.within(1)] == list(WORDS)
    assert reader.found(scattered.matches) == WORDS
    assert scattered.kinds[:2] == ("title", "annotation")
    assert scattered.cosines is None


def test_a_bookmark_is_read_once(view: View) -> None:
    reader = CloseReader(Readings(view), WORDS, view.compare(np.eye(1, view.encoder.dimensions)[0]))
    (first,) = reader.of(np.array([1], np.int64))
    both = reader.of(np.array([0, 1], np.int64))
    assert both[1] is first
    assert [len(read.cosines or ()) for read in both] == [13, 13]


def scores(view: View, weight: float, mode: Mode) -> dict[str, float]:
    engine = SearchEngine(view, HashedEncoder(), replace(Parameters(), passage_weight=weight, line=0))
    found = engine.search(Query("chêne gland racine", mode=mode, everything=True))
    return {hit.bookmark.id: hit.score for hit in found.hits}


def test_words_that_stand_together_say_more_than_scattered_ones(view: View) -> None:
    without, heard = scores(view, 0, "hybrid"), scores(view, 0.5, "hybrid")
    # By words the two are equal: what one passage says decides.
    assert heard["b"] - heard["a"] > without["b"] - without["a"]
    assert heard["b"] <= 1
    for mode in ("keyword", "vector"):
        assert scores(view, 0, mode) == scores(view, 0.5, mode)
