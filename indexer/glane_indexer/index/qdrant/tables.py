"""What a service keeps in memory of a generation: everything but texts, vectors and postings.

A table is one blob of arrays for one kind of viewer: that of the public is made of public bookmarks
alone. It travels in pieces, as the payload of points.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from glane_indexer.errors import GenerationError
from glane_indexer.index.local import words
from glane_indexer.index.local.arrays import Arrays, Strings, named, part
from glane_indexer.index.local.columns import Columns
from glane_indexer.index.local.languages import sums_of
from glane_indexer.index.local.passages import TITLE
from glane_indexer.index.local.view import LocalView
from glane_indexer.index.qdrant import statistics
from glane_indexer.index.qdrant.layout import named_point, point_of
from glane_indexer.index.qdrant.points import Point, PointStore
from glane_indexer.index.segment import Segment

# Raw bytes of a piece; as the text of a payload it has two thirds of that or less, mostly.
PIECE = 8 << 20
PIECES_AT_ONCE = 2

Mask = NDArray[np.bool_]
Parts = Sequence[tuple[Segment, Mask]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a viewer may find, brought together from its segments.

    ``own`` says of each segment's rows which the view's they are, or -1; ``words`` are the arrays of
    all of its bookmarks (see :mod:`glane_indexer.index.local.words`), and ``points`` ``[n, 16]`` names
    them in Qdrant.
    """

    view: LocalView
    parts: Parts
    own: Sequence[NDArray[np.int64]]
    words: Mapping[str, NDArray[Any]]
    points: NDArray[np.uint8]

    @classmethod
    def of(cls, view: LocalView, parts: Parts) -> Gathered:
        """Bring together the segments of a view."""
        own = []
        points = np.zeros((view.count, 16), np.uint8)
        for segment, alive in parts:
            rows = np.full(len(segment.ids), -1, np.int64)
            hashes = segment.hashes()
            for row in np.flatnonzero(alive).tolist():
                place = view.row_of(segment.ids[row])
                if place is None:
                    raise GenerationError(f"the view has lost {segment.ids[row]!r}", where=view.generation)
                rows[row] = place
                points[place] = np.frombuffer(point_of(segment.ids[row], hashes[row]), np.uint8)
            own.append(rows)
        found = [
            (part(segment.arrays, "words"), rows) for (segment, _), rows in zip(parts, own, strict=True)
        ]
        if len(found) == 1 and np.array_equal(own[0], np.arange(view.count)):
            gathered: Mapping[str, NDArray[Any]] = found[0][0]
        else:
            gathered = words.merge(found, view.count) if found else words.build([])
        return cls(view, parts, own, gathered, points)

    def vocabulary(self) -> list[str]:
        """The words, sorted."""
        return Strings(self.words, "words").all()

    def table(self, numbers: NDArray[np.uint32]) -> Arrays:
        """The arrays of the table; ``numbers`` are those of the words in Qdrant."""
        view = self.view
        columns = Columns(
            [(segment.columns, rows) for (segment, _), rows in zip(self.parts, self.own, strict=True)],
            view.count,
        )
        languages = columns.languages()
        sums = np.zeros((len(languages.values), view.encoder.dimensions), np.float64)
        counts, titles = np.zeros((2, view.count), np.int32)
        arrays: Arrays = {}
        for number, ((segment, alive), rows) in enumerate(zip(self.parts, self.own, strict=True)):
            alive_rows = np.flatnonzero(alive)
            codes = languages.codes[rows[alive_rows]]
            sums += sums_of(segment.document_vectors[alive_rows], codes, len(languages.values))
            own_counts, own_titles = _passages(segment)
            counts[rows[alive_rows]], titles[rows[alive_rows]] = own_counts[alive], own_titles[alive]
            arrays |= named(segment.columns, f"{number}.columns")
            arrays |= named(part(segment.arrays, "titles"), f"{number}.titles")
            arrays[f"{number}.own"] = rows.astype(np.int32)
        questions = json.dumps([list(pair) for pair in view.names("questions")])
        return {
            **arrays,
            **Strings.arrays("ids", view.ids),
            **Strings.arrays("questions", [questions]),
            **named(statistics.build(self.words, languages.codes, len(languages.values)), "words"),
            "numbers": numbers,
            "points": self.points,
            "passages": counts,
            "title_passages": titles,
            "language_sums": sums,
            "title_masses": view.title_masses(np.arange(view.count)),
            "distinct_titles": np.array([view.distinct_titles], np.float64),
        }


def _passages(segment: Segment) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How many passages each bookmark has, and how many of these are its title's, which come first."""
    counts = segment.passage_counts()
    titled = np.concatenate(([0], np.cumsum(segment.passages["kind"] == TITLE)))
    last = np.asarray(segment.passages["last"], np.int64)
    titles = titled[last] - titled[last - counts]
    if (titled[last - counts + titles] - titled[last - counts] != titles).any():
        raise GenerationError("a title stands behind other passages", where=segment.file.name)
    return counts.astype(np.int32), titles.astype(np.int32)


def write(store: PointStore, collection: str, name: str, arrays: Arrays) -> dict[str, Any]:
    """Write a table; what its manifest says of it."""
    made = {key: np.ascontiguousarray(value) for key, value in arrays.items() if value.size}
    shapes = {key: [str(value.dtype), list(value.shape)] for key, value in arrays.items() if not value.size}
    raw = save(made)
    pieces = [raw[start : start + PIECE] for start in range(0, len(raw), PIECE)]
    points = [
        Point(
            named_point(f"{name}/{number}"),
            payload={"data": base64.b64encode(zlib.compress(piece, 1)).decode()},
        )
        for number, piece in enumerate(pieces)
    ]
    for start in range(0, len(points), PIECES_AT_ONCE):
        store.upsert(collection, points[start : start + PIECES_AT_ONCE])
    checksum = hashlib.blake2b(raw, digest_size=16).hexdigest()
    return {"pieces": len(pieces), "bytes": len(raw), "checksum": checksum, "empty": shapes}


def read(store: PointStore, collection: str, name: str, described: Mapping[str, Any]) -> Arrays:
    """A table's arrays.

    Args:
        described: what the manifest says of it.

    Raises:
        GenerationError: a piece is missing, or it is not what was written.
    """
    raw = bytearray()
    for start in range(0, described["pieces"], PIECES_AT_ONCE):
        ids = [
            named_point(f"{name}/{number}")
            for number in range(start, min(start + PIECES_AT_ONCE, described["pieces"]))
        ]
        found = {
            point.id: point.payload["data"] for point in store.retrieve(collection, ids, payload=("data",))
        }
        for id in ids:
            raw += zlib.decompress(base64.b64decode(found[id])) if id in found else b""
    if hashlib.blake2b(raw, digest_size=16).hexdigest() != described["checksum"]:
        raise GenerationError(
            f"the table {name!r} of {collection} is damaged",
            where=store.where,
            hint="Run `glane publish --rebuild`",
        )
    arrays: Arrays = dict(load(bytes(raw)))
    for key, (dtype, shape) in described["empty"].items():
        arrays[key] = np.zeros(shape, np.dtype(dtype))
    return arrays
