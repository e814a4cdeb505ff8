"""Qdrant in this process: each collection is one shard of ``qdrant-edge-py``, in a folder of its own.

For measuring, and for testing against Qdrant's own code without a server. What one process has open no
other may open.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from glane_indexer.index.qdrant.points import (
    Among,
    AnyOf,
    Ask,
    Between,
    Condition,
    Either,
    Floats,
    Hit,
    Layout,
    Point,
    Sparse,
    Where,
    batches,
)

ALIASES = "aliases.json"
WRITTEN_AT_ONCE = 1000
# Below so many vectors in a segment Qdrant compares all; its own defaults otherwise.
EDGES, FIRST_LOOKED_AT, COMPARED_ALL = 16, 100, 10_000


class EdgeStore:
    """See :class:`.points.PointStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.where = str(folder)
        self._lock = threading.RLock()
        self._shards: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def collections(self) -> list[str]:
        """The names of all collections."""
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())

    def create(self, collection: str, layout: Layout) -> None:
        """Make an empty collection."""
        dense = {
            name: edge.EdgeVectorParams(
                size=item.dimensions,
                distance=edge.Distance.Dot,
                datatype=edge.VectorStorageDatatype.Float16 if item.half else None,
                hnsw_config=edge.HnswIndexConfig(
                    EDGES if item.indexed else 0, FIRST_LOOKED_AT, COMPARED_ALL
                ),
            )
            for name, item in layout.dense.items()
        }
        sparse = {name: edge.EdgeSparseVectorParams() for name in layout.sparse}
        config = edge.EdgeConfig(vectors=dense, sparse_vectors=sparse)
        with self._lock:
            shard = edge.EdgeShard.create(str(self._folder / collection), config)
            self._shards[collection] = shard
            kinds = [(key, edge.PayloadSchemaType.Keyword) for key in layout.words]
            kinds += [(key, edge.PayloadSchemaType.Integer) for key in layout.numbers]
            for key, kind in kinds:
                shard.update(edge.UpdateOperation.create_field_index(key, kind))

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens where there is none."""
        with self._lock:
            opened = self._shards.pop(collection, None)
            if opened is not None:
                opened.close()
            shutil.rmtree(self._folder / collection, ignore_errors=True)

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Write points, in place of those with their ids; they are found when this returns."""
        for part in batches(points, WRITTEN_AT_ONCE):
            made = [
                edge.Point(
                    point.id,
                    {name: _vector(vector) for name, vector in point.vectors.items()},
                    dict(point.payload),
                )
                for point in part
            ]
            self._shard(collection).update(edge.UpdateOperation.upsert_points(made))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; ids of none are no error."""
        if ids:
            self._shard(collection).update(edge.UpdateOperation.delete_points(list(ids)))

    def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        payload: Sequence[str] = (),
        vectors: Sequence[str] = (),
    ) -> list[Point]:
        """The points with these ids that there are, in any order, with so much of them."""
        if not ids:
            return []
        records = self._shard(collection).retrieve(
            list(ids),
            with_payload=list(payload) if payload else False,
            with_vector=list(vectors) if vectors else False,
        )
        return [Point(str(item.id), _read(item.vector), item.payload or {}) for item in records]

    def query(self, collection: str, asks: Sequence[Ask]) -> list[list[Hit]]:
        """The answers to several questions in one request, each the best first."""
        requests = [
            edge.QueryRequest(
                limit=ask.limit,
                query=edge.Query.Nearest(_vector(ask.vector), using=ask.using),
                filter=_filter(ask.where),
                params=edge.SearchParams(exact=True) if ask.exact else None,
                with_payload=False,
                with_vector=False,
            )
            for ask in asks
        ]
        if not requests:
            return []
        answers = self._shard(collection).query_batch(edge.QueryBatchRequest(requests))
        return [[Hit(str(point.id), point.score) for point in answer] for answer in answers]

    def settle(self, collection: str) -> None:
        """Build the indexes; a shard does so only when it is told."""
        shard = self._shard(collection)
        shard.optimize()
        shard.flush()

    def point_to(self, alias: str, collection: str) -> None:
        """Let an alias name a collection from now on, in one step."""
        with self._lock:
            names = {**self._aliases(), alias: collection}
            draft = self._folder / f".{ALIASES}"
            draft.write_text(json.dumps(names), "utf-8")
            draft.replace(self._folder / ALIASES)

    def pointed(self, alias: str) -> str | None:
        """The collection that an alias names; None where there is no such alias."""
        return self._aliases().get(alias)

    def close(self) -> None:
        """Let go of connections and files."""
        with self._lock:
            for shard in self._shards.values():
                shard.close()
            self._shards.clear()

    def _aliases(self) -> dict[str, str]:
        try:
            return dict(json.loads((self._folder / ALIASES).read_text("utf-8")))
        except FileNotFoundError:
            return {}

    def _shard(self, collection: str) -> Any:
        with self._lock:
            if collection not in self._shards:
                self._shards[collection] = edge.EdgeShard.load(str(self._folder / collection))
            return self._shards[collection]


def _vector(vector: Floats | Sparse) -> Any:
    if isinstance(vector, Sparse):
        return edge.SparseVector(vector.indices.tolist(), vector.values.tolist())
    return np.asarray(vector, np.float32).tolist()


def _read(vectors: Any) -> dict[str, Floats | Sparse]:
    return {
        name: Sparse(np.array(values.indices, np.uint32), np.array(values.values, np.float32))
        if isinstance(values, edge.SparseVector)
        else np.array(values, np.float32)
        for name, values in (vectors or {}).items()
    }


def _filter(where: Where) -> Any:
    if not where:
        return None
    return edge.Filter(
        must=[_condition(item) for item in where.must] or None,
        must_not=[_condition(item) for item in where.never] or None,
    )


def _condition(condition: Condition) -> Any:
    match condition:
        case AnyOf(key, values):
            return edge.FieldCondition(key, match=edge.MatchAny(list(values)))
        case Between(key, least, end):
            bounds = edge.RangeFloat(gte=least, lt=end)
            return edge.FieldCondition(key, range=bounds)
        case Among(ids):
            return edge.HasIdCondition(set(ids))
        case Either(choices):
            return edge.Filter(should=[_filter(choice) or edge.Filter() for choice in choices])
