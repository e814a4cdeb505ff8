"""Points, questions and filters in the words of Qdrant's client, which writes and reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
from qdrant_client import models

from glane_indexer.index.qdrant.points import (
    Among,
    AnyOf,
    Ask,
    Between,
    Condition,
    Dense,
    Either,
    Floats,
    Layout,
    Point,
    Sparse,
    Where,
)


def dense_vectors(layout: Layout) -> dict[str, models.VectorParams]:
    """The dense vectors of a new collection."""
    return {name: _dense(dense) for name, dense in layout.dense.items()}


def sparse_vectors(layout: Layout) -> dict[str, models.SparseVectorParams] | None:
    """Its sparse ones; None where it has none."""
    return {
        name: models.SparseVectorParams(index=models.SparseIndexParams()) for name in layout.sparse
    } or None


def payload_indexes(layout: Layout) -> list[tuple[str, models.PayloadSchemaType]]:
    """What its points are filtered by."""
    return [(key, models.PayloadSchemaType.KEYWORD) for key in layout.words] + [
        (key, models.PayloadSchemaType.INTEGER) for key in layout.numbers
    ]


def point_struct(point: Point) -> models.PointStruct:
    """A point to write."""
    return models.PointStruct(
        id=point.id,
        vector={name: _vector(vector) for name, vector in point.vectors.items()},
        payload=dict(point.payload),
    )


def point_of_record(record: models.Record) -> Point:
    """A point that was read."""
    return Point(str(record.id), _vectors(record.vector), record.payload or {})


def query_request(ask: Ask, *, exact: bool) -> models.QueryRequest:
    """A question; ``exact``: with the wish to have all compared, which the local mode does in any case."""
    return models.QueryRequest(
        query=_vector(ask.vector),
        using=ask.using,
        limit=ask.limit,
        filter=_filter(ask.where),
        params=models.SearchParams(exact=True) if exact else None,
        with_payload=False,
    )


def _dense(dense: Dense) -> models.VectorParams:
    return models.VectorParams(
        size=dense.dimensions,
        # The rows are unit vectors already, and stay bit for bit what they are.
        distance=models.Distance.DOT,
        datatype=models.Datatype.FLOAT16 if dense.half else None,
        hnsw_config=None if dense.indexed else models.HnswConfigDiff(m=0),
        on_disk=None if dense.indexed else True,
    )


def _vector(vector: Floats | Sparse) -> Any:
    if isinstance(vector, Sparse):
        return models.SparseVector(indices=vector.indices.tolist(), values=vector.values.tolist())
    return np.asarray(vector, np.float32).tolist()


def _vectors(vectors: Any) -> dict[str, Floats | Sparse]:
    """Named vectors as Qdrant gives them; empty where it gives none."""
    found: dict[str, Floats | Sparse] = {}
    for name, values in (vectors or {}).items():
        if hasattr(values, "indices"):
            found[name] = Sparse(np.array(values.indices, np.uint32), np.array(values.values, np.float32))
        else:
            found[name] = np.array(values, np.float32)
    return found


def _filter(where: Where) -> models.Filter | None:
    if not where:
        return None
    return models.Filter(
        must=[_condition(item) for item in where.must] or None,
        must_not=[_condition(item) for item in where.never] or None,
    )


def _condition(condition: Condition) -> Any:
    match condition:
        case AnyOf(key, values):
            return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))
        case Between(key, least, end):
            return models.FieldCondition(key=key, range=models.Range(gte=least, lt=end))
        case Among(ids):
            return models.HasIdCondition(has_id=list(ids))
        case Either(choices):
            return models.Filter(should=[_filter(choice) or models.Filter() for choice in choices])
