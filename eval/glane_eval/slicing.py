"""A fixed part of a data set: the same questions and documents at every run, for a gate of minutes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from glane_eval.companions import Companions
from glane_eval.sources import Source, content_key
from glane_indexer.errors import UsageError

Value = TypeVar("Value")


def sliced(source: Source, *, questions: int = 0, documents: int = 0) -> Source:
    """A source with so many of its questions, and so many of its documents; 0: all.

    Which ones depends on their ids alone. The documents that are judged for these questions are all
    among them, however many that makes.

    Raises:
        UsageError: documents are to be left out that are not in BEIR's form.
    """
    chosen = _first(source.queries, questions)
    companions = source.companions
    cut = replace(
        source,
        queries={query: source.queries[query] for query in source.queries if query in chosen},
        qrels={query: grades for query, grades in source.qrels.items() if query in chosen},
        companions=Companions(
            _of(companions.passages, chosen),
            _of(companions.unanswerable, _first(companions.unanswerable, questions)),
            _of(companions.typos, chosen),
        ),
    )
    return _with_documents(cut, documents) if documents and source.corpus is not None else cut


def _with_documents(source: Source, documents: int) -> Source:
    lines = [line for line in (source.corpus or b"").split(b"\n") if line.strip()]
    if len(lines) <= documents:
        return source
    if source.format != "beir":
        raise UsageError(
            "documents can be left out of a BEIR corpus only",
            where=source.name,
            hint="Leave --documents out",
        )
    by_id = {str(json.loads(line)["_id"]).strip(): line for line in lines}
    judged = {doc for grades in source.qrels.values() for doc in grades}
    others = _first((doc for doc in by_id if doc not in judged), max(0, documents - len(judged)) or -1)
    data = b"".join(line + b"\n" for doc, line in by_id.items() if doc in judged or doc in others)
    return replace(source, corpus=data, key=content_key(data))


def _first(ids: Iterable[str], count: int) -> set[str]:
    """So many ids, in the order of their hashes; all where the count is 0, none below it."""
    ordered = sorted(ids, key=lambda name: hashlib.sha256(name.encode("utf-8", "replace")).digest())
    return set(ordered[: count or None] if count >= 0 else ())


def _of(values: Mapping[str, Value], chosen: set[str]) -> dict[str, Value]:
    return {key: value for key, value in values.items() if key in chosen}
