"""What is put before a judge: the best results of every mode, in an order that gives nothing away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from glane_indexer.catalog.judgments import Judgment
from glane_service.search.query import Query
from glane_service.search.results import Hit

if TYPE_CHECKING:
    from glane_service.search.engine import SearchEngine

# What each engine found for a question, of any judge; gone with the engine.
_KNOWN: WeakKeyDictionary[SearchEngine, dict[tuple[str, int], frozenset[str]]] = WeakKeyDictionary()
MODES = ("hybrid", "keyword", "vector")
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Task:
    """One result to judge, and how far the judge has come; numbers count from 1."""

    question_id: str
    question: str
    hit: Hit
    question_number: int
    questions: int
    result_number: int
    results: int


def pool(
    engine: SearchEngine, question_id: str, question: str, judge: str, depth: int = DEPTH
) -> list[Hit]:
    """The best of every mode together, each once.

    The order is by a hash over judge and bookmark: the same each time, another for each judge, and
    independent of every ranking.
    """
    found: dict[str, Hit] = {}
    for mode in MODES:
        results = engine.search(Query(question, mode=mode, per_page=depth, view="full"))  # type: ignore[arg-type]
        for hit in results.hits:
            found.setdefault(hit.bookmark.id, hit)

    def blind(identifier: str) -> str:
        return hashlib.sha256(
            f"{judge}\n{question_id}\n{identifier}".encode("utf-8", "replace")
        ).hexdigest()

    return [found[identifier] for identifier in sorted(found, key=blind)]


def next_task(
    engine: SearchEngine,
    questions: Mapping[str, str],
    judged: list[Judgment],
    judge: str,
    depth: int = DEPTH,
) -> Task | None:
    """The first result that this judge has not judged yet; None when all is done."""
    done = {(item.question, item.bookmark) for item in judged if item.judge == judge}
    known = _KNOWN.setdefault(engine, {})
    for number, (identifier, text) in enumerate(questions.items(), start=1):
        # What a judge has finished with is not searched again for every page.
        ids = known.get((text, depth))
        if ids is not None and all((identifier, bookmark) in done for bookmark in ids):
            continue
        hits = pool(engine, identifier, text, judge, depth)
        known[text, depth] = frozenset(hit.bookmark.id for hit in hits)
        for place, hit in enumerate(hits, start=1):
            if (identifier, hit.bookmark.id) not in done:
                return Task(identifier, text, hit, number, len(questions), place, len(hits))
    return None
