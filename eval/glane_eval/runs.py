"""Runs: what one way of ranking answered to each query, as TREC files say it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glane_eval.files import read_lines, write_lines
from glane_eval.qrels import trec_id
from glane_indexer.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Run:
    """A name, and for each query the documents found with their scores, sorted by (-score, id).

    Tools do not agree on the order of equal scores (trec_eval: the last id first; MS MARCO's reciprocal
    rank: the first id first), and trec_eval compares scores in single precision. A ranking that is to be
    measured exactly as it was served should therefore be made with :func:`from_rankings`.

    Raises:
        DatasetError: a document stands twice under one query, or a score is not finite.
    """

    name: str
    ranked: dict[str, list[tuple[str, float]]]

    def __post_init__(self) -> None:
        ranked: dict[str, list[tuple[str, float]]] = {}
        for query, scored in self.ranked.items():
            where = f"run {self.name}, query {query}"
            if len({doc for doc, _ in scored}) != len(scored):
                raise DatasetError("a document stands twice", where=where)
            if not all(math.isfinite(score) for _, score in scored):
                raise DatasetError("a score is not a finite number", where=where)
            ranked[query] = sorted(scored, key=lambda pair: (-pair[1], pair[0]))
        object.__setattr__(self, "ranked", ranked)

    def top(self, query: str, depth: int) -> list[str]:
        """The ids of the first ``depth`` documents found for a query, none where it was not answered."""
        return [doc for doc, _ in self.ranked.get(query, [])[:depth]]


def from_rankings(name: str, rankings: Mapping[str, Sequence[str]]) -> Run:
    """A run from ids in the order they were shown: scores n, n-1, … 1, so that every tool keeps the order.

    Raises:
        DatasetError: a document stands twice under one query.
    """
    return Run(
        name,
        {
            query: [(doc, float(len(docs) - rank)) for rank, doc in enumerate(docs)]
            for query, docs in rankings.items()
        },
    )


def read_run(path: Path, name: str = "") -> Run:
    """Read a TREC run: query, ``Q0``, document, rank, score, tag.

    The order is that of the scores; the column of ranks is not used, as in trec_eval.

    Args:
        path: the file, gzip where its name ends in ``.gz``.
        name: the name of the run; the tag of the first line where it is empty.

    Raises:
        DatasetError: the file is missing or empty, a line has not six columns, a score is not a finite
            number, or a document stands twice under one query. ``where`` is the file and the line.
    """
    ranked: dict[str, dict[str, float]] = {}
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        cells = line.split()
        if len(cells) != 6:
            raise DatasetError(
                f"a run has 6 columns (query, Q0, document, rank, score, tag), this line {len(cells)}",
                where=where,
            )
        query, _, doc, _, text, tag = cells
        try:
            score = float(text)
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            raise DatasetError(f"the score {text!r} is not a finite number", where=where)
        found = ranked.setdefault(query, {})
        if doc in found:
            raise DatasetError(f"document {doc!r} stands twice under query {query!r}", where=where)
        found[doc] = score
        name = name or tag
    if not ranked:
        raise DatasetError("the run holds no line", where=str(path))
    return Run(name, {query: list(found.items()) for query, found in ranked.items()})


def write_run(path: Path, run: Run) -> None:
    """Write a TREC run, all or nothing; scores are written so that they read back exactly.

    White space in the name becomes ``-`` in the column of tags. Queries without a document leave no line.

    Raises:
        DatasetError: an id is empty or holds white space.
    """
    tag = "-".join(run.name.split()) or "run"
    lines = [
        f"{trec_id(query, path)} Q0 {trec_id(doc, path)} {rank} {score!r} {tag}"
        for query, scored in run.ranked.items()
        for rank, (doc, score) in enumerate(scored, start=1)
    ]
    write_lines(path, lines)
