"""Stores of points without a server: the client's own local mode, and shards of Qdrant Edge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qdrant_client import QdrantClient

from benchmarks.edge import EdgeStore
from glane_indexer.index.protocol import Viewer
from glane_indexer.index.qdrant.client import ClientStore
from glane_indexer.index.qdrant.layout import Names
from glane_indexer.index.qdrant.points import PointStore
from glane_indexer.index.qdrant.published import Published
from glane_indexer.index.qdrant.publishing import publish
from glane_indexer.index.qdrant.view import QdrantView

NAMES = Names("glane")


def memory(folder: Path) -> PointStore:
    """The client's local mode, in memory."""
    return ClientStore(QdrantClient(":memory:"), ":memory:")


def edge(folder: Path) -> PointStore:
    """Shards in a folder."""
    return EdgeStore(folder / "edge")


STORES: dict[str, Callable[[Path], PointStore]] = {"local mode": memory, "edge": edge}


def published_view(
    library: Path, store: PointStore, viewer: Viewer = "public", *, exact: bool | None = None
) -> QdrantView:
    """A library's current generation, published and opened again."""
    publish(library, store, NAMES.library)
    return Published.open(store, NAMES).view(viewer, exact=exact)
