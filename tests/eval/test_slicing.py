"""A part of a data set: always the same, with all that is judged for its questions."""

from __future__ import annotations

import json

import pytest

from glane_eval.companions import Companions
from glane_eval.shown import Expected
from glane_eval.slicing import sliced
from glane_eval.sources import Source
from glane_indexer.errors import UsageError

QUERIES = {f"q{number}": f"question {number}" for number in range(20)}
CORPUS = b"".join(
    json.dumps({"_id": f"d{number}", "text": f"texte {number}"}).encode() + b"\n" for number in range(50)
)


def source(**changes):
    qrels = {query: {f"d{number}": 1, f"d{number + 20}": 0} for number, query in enumerate(QUERIES)}
    values = {"corpus": CORPUS, "format": "beir", "key": "whole"} | changes
    return Source("set", QUERIES, qrels, **values)


def ids(part):
    return [json.loads(line)["_id"] for line in part.corpus.splitlines()]


def test_nothing_is_cut_where_nothing_is_asked():
    assert sliced(source()) == source()
    assert sliced(source(), questions=20, documents=50) == source()


def test_a_slice_does_not_depend_on_what_else_is_there():
    five = sliced(source(), questions=5)
    assert len(five.queries) == len(five.qrels) == 5
    assert list(five.queries) == [query for query in QUERIES if query in five.queries]
    assert set(five.queries) < set(sliced(source(), questions=6).queries)
    fewer = {query: text for query, text in QUERIES.items() if query in five.queries or query > "q5"}
    again = sliced(Source("set", fewer, {query: {"d1": 1} for query in fewer}), questions=5)
    assert set(again.queries) == set(five.queries)


def test_judged_documents_stay_and_others_fill_up():
    part = sliced(source(), questions=5, documents=15)
    judged = {doc for grades in part.qrels.values() for doc in grades}
    assert len(ids(part)) == 15
    assert judged < set(ids(part))
    assert part.key != source().key
    assert ids(part) == [f"d{number}" for number in range(50) if f"d{number}" in ids(part)]
    # More are judged than are asked for: then these, and no others.
    assert set(ids(sliced(source(), questions=5, documents=3))) == judged


def test_further_files_are_cut_with_the_questions():
    companions = Companions(
        {query: [Expected("u", "t")] for query in QUERIES},
        {f"n{number}": "rien" for number in range(30)},
        dict(QUERIES),
    )
    part = sliced(source(companions=companions), questions=5)
    assert set(part.companions.passages) == set(part.companions.typos) == set(part.queries)
    assert len(part.companions.unanswerable) == 5


def test_documents_of_a_library_cannot_be_cut():
    with pytest.raises(UsageError, match="BEIR corpus only"):
        sliced(source(format="jsonl"), documents=10)
    assert sliced(source(format="jsonl"), documents=60) == source(format="jsonl")
