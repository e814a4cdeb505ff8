"""What this engine asks of Qdrant, in few words: points in collections, filters and nearest ones (pure).

A server, the client's local mode and an embedded shard are three implementations of :class:`PointStore`
(:mod:`.client`, and ``benchmarks/edge.py``), and nothing else here knows any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A value of the payload under ``key`` is one of these."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The number under ``key`` is at least ``least`` and below ``end``; None bounds nothing."""

    key: str
    least: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Among:
    """The point is one of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these is true."""

    choices: tuple[Where, ...]


Condition = AnyOf | Between | Among | Either


@dataclass(frozen=True, slots=True)
class Where:
    """All of ``must`` are true and none of ``never``; an empty one is always true."""

    must: tuple[Condition, ...] = ()
    never: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.must or self.never)

    def __and__(self, other: Where) -> Where:
        return Where(self.must + other.must, self.never + other.never)


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: ascending ``indices`` uint32 and their ``values`` float32."""

    indices: NDArray[np.uint32]
    values: Floats


@dataclass(frozen=True, slots=True)
class Point:
    """``id`` is a UUID as text; ``vectors`` are by their names."""

    id: str
    vectors: Mapping[str, Floats | Sparse] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for the points whose vector ``using`` has the greatest product with ``vector``.

    ``exact`` compares all of them, where an index would find nearly all.
    """

    vector: Floats | Sparse
    using: str
    limit: int
    where: Where = field(default_factory=Where)
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A point that a question found, and its product."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Dense:
    """A dense vector of a collection; products are dot products.

    ``indexed``: with a graph to search it by. ``half``: two bytes a number suffice.
    """

    dimensions: int
    indexed: bool = True
    half: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """What a collection's points have: dense and sparse vectors, and payload to filter by."""

    dense: Mapping[str, Dense] = field(default_factory=dict)
    sparse: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class PointStore(Protocol):
    """Collections of points. Safe to share between threads.

    Every method raises :class:`glane_indexer.errors.GenerationError` where Qdrant cannot be reached or
    refuses, and says which.
    """

    @property
    def where(self) -> str:
        """Its address, for messages."""

    def collections(self) -> list[str]:
        """The names of all collections."""

    def create(self, collection: str, layout: Layout) -> None:
        """Make an empty collection."""

    def drop(self, collection: str) -> None:
        """Delete a collection; nothing happens where there is none."""

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Write points, in place of those with their ids; they are found when this returns."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; ids of none are no error."""

    def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        payload: Sequence[str] = (),
        vectors: Sequence[str] = (),
    ) -> list[Point]:
        """The points with these ids that there are, in any order, with so much of them."""

    def query(self, collection: str, asks: Sequence[Ask]) -> list[list[Hit]]:
        """The answers to several questions in one request, each the best first."""

    def settle(self, collection: str) -> None:
        """Have what was written indexed, where the store does not do so by itself."""

    def point_to(self, alias: str, collection: str) -> None:
        """Let an alias name a collection from now on, in one step."""

    def pointed(self, alias: str) -> str | None:
        """The collection that an alias names; None where there is no such alias."""

    def close(self) -> None:
        """Let go of connections and files."""


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Parts of at most ``size`` items, in their order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
