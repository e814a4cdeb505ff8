"""What a library's objects give to eight threads at once is what they give to one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from glane_indexer import text
from glane_indexer.encoder.base import Encoder
from glane_indexer.index.generation import Generation, open_view
from glane_indexer.index.local import vectors
from glane_indexer.sample.load import queries
from glane_service.search.engine import SearchEngine
from glane_service.search.matching import _start, _words
from glane_service.search.query import Filters, Query
from glane_service.search.results import to_json
from tests.support import little
from tests.support.hashed import HashedEncoder

THREADS = 8
Item = TypeVar("Item")


@pytest.fixture(autouse=True)
def hurried_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def in_threads(work: Callable[[Item], Any], items: Sequence[Item]) -> list[list[Any]]:
    """What each of eight threads is given for the items, each beginning at another one."""

    def all_from(shift: int) -> list[Any]:
        shifted = [*items[shift:], *items[:shift]]
        found = [work(item) for item in shifted]
        return [*found[len(items) - shift :], *found[: len(items) - shift]]

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(all_from, [number * len(items) // THREADS for number in range(THREADS)]))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return little.make(tmp_path_factory.mktemp("threads") / "library", HashedEncoder())


def engine_of(library: Path) -> SearchEngine:
    """An engine that remembers nothing yet, and what its words share with others forgotten too."""
    for remembered in (text.stem, text.fold, text.exact, text.query_stems, _words, _start):
        remembered.cache_clear()
    return SearchEngine(open_view(Generation.open(library), "public"), HashedEncoder())


def test_questions(library: Path) -> None:
    words = (
        "travail",
        "données",
        "donnees",
        "plate-forme",
        "pain levain",
        '"protection sociale"',
        "soziale",
    )
    asked = [
        *(Query(word, mode=mode) for word in words for mode in ("hybrid", "keyword", "vector")),
        Query("travail -clic tag:IA", view="full"),
        Query("", sort="date", filters=Filters(tags=("travail",))),
        Query("droit", fields=("title", "tags")),
    ]

    def answer(engine: SearchEngine) -> Callable[[Query], Any]:
        return lambda query: to_json(engine.search(query)) | {"took_ms": 0}

    alone = [answer(engine_of(library))(query) for query in asked]
    for _ in range(2):
        assert in_threads(answer(engine_of(library)), asked) == [alone] * THREADS


def test_suggestions_and_neighbours(library: Path) -> None:
    typed = ["t", "tra", "le tra", "don", "p", "xyz"]
    ids = [bookmark.id for bookmark in little.BOOKMARKS[:8]]
    first = engine_of(library)
    suggested, similar = [first.suggest(item) for item in typed], [first.similar(id) for id in ids]
    assert in_threads(engine_of(library).suggest, typed) == [suggested] * THREADS
    assert in_threads(engine_of(library).similar, ids) == [similar] * THREADS


@pytest.mark.parametrize("cells", [False, True], ids=["scan", "cells"])
def test_the_scan_over_codes(monkeypatch: pytest.MonkeyPatch, cells: bool) -> None:
    monkeypatch.setattr(vectors, "EXACT_PASSAGES", 100)
    monkeypatch.setattr(vectors, "CELLED_PASSAGES", 1000 if cells else 10_000)
    monkeypatch.setattr(vectors, "CELLS", 16)
    monkeypatch.setattr(vectors, "FILTERED_EXACT", 100)
    rows = np.random.default_rng(7).normal(size=(2000, 32)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = vectors.PassageVectors(rows, vectors.codes_of(rows))
    odd = np.arange(len(rows)) % 2 == 1

    def nearest(number: int) -> tuple[Any, ...]:
        allowed = odd if number % 3 == 0 else None
        return tuple(part.tolist() for part in index.search(rows[number], 10, allowed))

    numbers = list(range(0, 400, 5))
    assert in_threads(nearest, numbers) == [[nearest(number) for number in numbers]] * THREADS


def test_the_encoder(encoder: Encoder) -> None:
    """The vector of a question is the same to the last bit, also on other threads of the runtime."""
    asked = list(queries().values())[:16]
    alone = [encoder.encode_queries([question]).tobytes() for question in asked]
    found = in_threads(lambda question: encoder.encode_queries([question]).tobytes(), asked)
    assert found == [alone] * THREADS
    counts = [encoder.count_tokens([question]) for question in asked]
    assert in_threads(lambda question: encoder.count_tokens([question]), asked) == [counts] * THREADS
