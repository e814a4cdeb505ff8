"""The generation of a library that Qdrant answers from, opened for reading."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.compatibility import Compatibility
from glane_indexer.index.local.arrays import Arrays
from glane_indexer.index.protocol import Viewer
from glane_indexer.index.qdrant import tables
from glane_indexer.index.qdrant.layout import SCHEMA_VERSION, Names, named_point
from glane_indexer.index.qdrant.points import Point, PointStore
from glane_indexer.index.qdrant.shelf import Shelf
from glane_indexer.index.qdrant.view import QdrantView
from glane_indexer.text import ANALYSIS_VERSION

MANIFEST = named_point("manifest")
_READ = Compatibility(
    "what is published",
    SCHEMA_VERSION,
    old="Run `glane index`, then `glane publish`; the old answers until then",
    foreign="Set GLANE_MODEL and GLANE_PRECISION to what they were where it was published",
)


@dataclass(frozen=True, slots=True)
class PublishedManifest:
    """What a published generation says of itself.

    ``source`` tells the state of the library that it was made from, ``epoch`` the collections that its
    points lie in, ``averages`` the lengths with which their weights were made, ``tables`` what there is
    for whom, and ``ranking`` the library's own settings of its ranking.
    """

    generation: str
    source: str
    seq: int
    created_at: str
    epoch: str
    encoder: EncoderInfo
    averages: Sequence[float]
    tables: Mapping[str, Any]
    ranking: Mapping[str, Any]
    schema: int = SCHEMA_VERSION
    analysis: int = ANALYSIS_VERSION

    def write(self, store: PointStore, collection: str) -> None:
        """Write it, after all else of its generation."""
        text = json.dumps({**asdict(self), "encoder": self.encoder.to_json()})
        store.upsert(collection, [Point(MANIFEST, payload={"manifest": text})])

    @classmethod
    def read(cls, store: PointStore, collection: str) -> PublishedManifest:
        """Read it.

        Raises:
            GenerationError: it is missing or damaged.
        """
        found = store.retrieve(collection, [MANIFEST], payload=("manifest",))
        try:
            values = json.loads(found[0].payload["manifest"])
            return cls(**{**values, "encoder": EncoderInfo(**values["encoder"])})
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise GenerationError(
                f"{collection} is no whole generation",
                where=store.where,
                hint="Run `glane publish` again, with the Glane that serves it",
            ) from error

    def check(self, where: str, encoder: EncoderInfo | None) -> None:
        """Compare it with this program and with an encoder.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: it is of another version.
        """
        _READ.check(where, self.schema, self.analysis, self.encoder, encoder)


class Published:
    """A published generation. What it reads stays as it is until two newer ones have been published.

    Args:
        collection: that of its tables; ``name`` is what :func:`current_name` gives.
    """

    damage = ""

    def __init__(
        self, store: PointStore, names: Names, collection: str, manifest: PublishedManifest
    ) -> None:
        self.store, self.names = store, names
        self.name = collection
        self.manifest = manifest
        self._views: dict[str, QdrantView] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, store: PointStore, names: Names, *, encoder: EncoderInfo | None = None) -> Published:
        """Open the generation that answers.

        Raises:
            EncoderMismatchError: it was built with another encoder.
            GenerationError: there is none, it is damaged or of another version, or Qdrant does not answer.
        """
        collection = store.pointed(names.library)
        if collection is None:
            raise GenerationError(
                f"nothing is published as {names.library!r}", where=store.where, hint="Run `glane publish`"
            )
        manifest = PublishedManifest.read(store, collection)
        manifest.check(store.where, encoder)
        return cls(store, names, collection, manifest)

    def table(self, viewer: Viewer) -> Arrays:
        """The table of a viewer."""
        return tables.read(self.store, self.name, viewer, self.manifest.tables[viewer])

    def whole_table(self) -> Arrays:
        """The table with all bookmarks."""
        return self.table("member" if "member" in self.manifest.tables else "public")

    def view(self, viewer: Viewer, *, exact: bool | None = None) -> QdrantView:
        """What this viewer may find, made at the first call: the public's is of public bookmarks alone.

        Args:
            exact: whether all passages are compared; None: where the local index would.
        """
        if viewer not in self.manifest.tables:
            # Without a private bookmark everybody sees the same.
            viewer = "public"
        with self._lock:
            if viewer not in self._views:
                table = self.table(viewer)
                shelf = Shelf(
                    self.store,
                    table["points"],
                    bookmarks=self.names.data("bookmarks", self.manifest.epoch),
                    passages=self.names.data("passages", self.manifest.epoch),
                )
                self._views[viewer] = QdrantView(
                    self.manifest.generation,
                    table,
                    shelf,
                    encoder=self.manifest.encoder,
                    seq=self.manifest.seq,
                    then=self.manifest.averages,
                    exact=exact,
                )
            return self._views[viewer]
