"""``glane publish``: brings Qdrant up to the library's current generation.

Points are named after their content, so only what is new is written, and writing it twice changes
nothing; what was begun and ended goes on where it was. Nobody sees any of it until one alias changes.
The generation before stays whole beside the new one, for those who still read it; what only older ones
had goes.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.errors import GenerationError
from glane_indexer.index.generation import Generation
from glane_indexer.index.protocol import FIELDS, Viewer
from glane_indexer.index.qdrant import tables
from glane_indexer.index.qdrant.layout import (
    KINDS,
    SCHEMA_VERSION,
    TABLE_LAYOUT,
    Names,
    as_texts,
    bookmark_layout,
    passage_layout,
)
from glane_indexer.index.qdrant.making import Maker
from glane_indexer.index.qdrant.numbering import Numbering
from glane_indexer.index.qdrant.points import PointStore
from glane_indexer.index.qdrant.published import Published, PublishedManifest
from glane_indexer.index.qdrant.tables import Gathered
from glane_indexer.index.qdrant.tidying import Tidier
from glane_indexer.library.locking import writer_lock
from glane_indexer.text import ANALYSIS_VERSION

PUBLISH_LOCK = "publish.lock"
# Bookmarks that are written at once, with their passages.
AT_ONCE = 500

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publishing did: points written and deleted; ``unchanged``: it was published already."""

    generation: str
    collection: str
    bookmarks: int
    passages: int
    written: int
    deleted: int
    seconds: float
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """The report as ``glane publish --json`` prints it."""
        return asdict(self)


def publish(
    library: Path,
    store: PointStore,
    name: str,
    *,
    ranking: Mapping[str, Any] | None = None,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> PublishReport:
    """Bring Qdrant up to the current generation of a library.

    Args:
        name: what the library is called in Qdrant; see :class:`.layout.Names`.
        ranking: the library's own settings of its ranking, which travel with it.
        rebuild: write everything anew, into collections of its own.
        progress: called with a stage, how much of it is done, and how much there is.

    Raises:
        GenerationError: there is no index, what is published is newer, or Qdrant does not answer; what was
            written stays for the next time.
        LockedError: another process is publishing this library.
        UsageError: the name is none.
    """
    names = Names.of(name)
    if not library.is_dir():
        raise GenerationError("there is no library here", where=str(library))
    with writer_lock(library, "publishing", name=PUBLISH_LOCK):
        generation = Generation.open(library)
        return _Publishing(store, names, generation, ranking or {}, progress or _silent).run(rebuild)


def _silent(stage: str, done: int, total: int) -> None:
    """For a publishing that nobody watches."""


class _Publishing:
    def __init__(
        self,
        store: PointStore,
        names: Names,
        generation: Generation,
        ranking: Mapping[str, Any],
        progress: Progress,
    ) -> None:
        self.store, self.names = store, names
        self.generation, self.ranking = generation, ranking
        self.progress = progress
        self.started = time.monotonic()

    def run(self, rebuild: bool) -> PublishReport:
        before = self._before(rebuild)
        manifest = self.generation.manifest
        if before is not None and not rebuild:
            if before.manifest.seq > manifest.seq:
                raise GenerationError(
                    f"change {before.manifest.seq} is published, and the index here knows {manifest.seq}",
                    where=self.store.where,
                    hint="Run `glane index`; or put this library in its place with `--rebuild`",
                )
            if before.manifest.source == self._source() and dict(before.manifest.ranking) == dict(
                self.ranking
            ):
                counts = self.generation.view("member").counts
                return self._report(before.name, counts.bookmarks, counts.passages, unchanged=True)
        gathered = {viewer: self._gathered(viewer) for viewer in self._viewers()}
        whole = gathered.get("member") or gathered["public"]
        epoch = self._epoch(before, rebuild)
        numbering = self._collections(epoch, manifest.encoder, whole)
        kept = set()
        if before is not None and before.manifest.epoch == epoch:
            kept = {point.tobytes() for point in before.whole_table()["points"]}
        written = self._write_points(epoch, whole, numbering, kept)
        collection = self.names.generation(self.generation.name, uuid.uuid4().hex[:8])
        self._write_generation(collection, epoch, gathered, numbering)
        self.store.point_to(self.names.library, collection)
        tidier = Tidier(
            self.store, self.names, current=collection, epoch=epoch, points=whole.points, before=before
        )
        deleted = tidier.tidy()
        counts = whole.view.counts
        return self._report(collection, counts.bookmarks, counts.passages, written, deleted)

    def _before(self, rebuild: bool) -> Published | None:
        """What is published; where everything is written anew, None if it cannot be read."""
        collection = self.store.pointed(self.names.library)
        if collection is None:
            return None
        try:
            manifest = PublishedManifest.read(self.store, collection)
        except GenerationError:
            if rebuild:
                return None
            raise
        return Published(self.store, self.names, collection, manifest)

    def _epoch(self, before: Published | None, rebuild: bool) -> str:
        """Which collections the points go into.

        Those of before, if their points are as they would be now; else those that an earlier try has begun;
        else new ones.
        """
        encoder = self.generation.manifest.encoder
        made = f"{encoder.fingerprint} {encoder.dimensions} {ANALYSIS_VERSION} {SCHEMA_VERSION}"
        digest = hashlib.blake2b(made.encode(), digest_size=4).hexdigest()
        first = self.names.data(KINDS[0], "")
        there = [name.removeprefix(first) for name in self.store.collections() if name.startswith(first)]
        numbers = {epoch: int(epoch.partition("-")[0]) for epoch in there}
        answers = before.manifest.epoch if before else ""
        mine = [epoch for epoch in there if epoch.endswith(f"-{digest}")]
        if answers in mine:
            mine = [answers]
        else:
            mine = [epoch for epoch in mine if numbers[epoch] > numbers.get(answers, 0)]
        if mine and not rebuild:
            return max(mine, key=lambda epoch: numbers[epoch])
        return f"{max(numbers.values(), default=0) + 1}-{digest}"

    def _source(self) -> str:
        """A name for all that a published generation is made of."""
        manifest = self.generation.manifest
        said = [self.generation.name, manifest.catalog_version, manifest.seq, manifest.encoder.fingerprint]
        members = [
            [member.file.checksum, np.packbits(member.alive).tobytes().hex()] for member in manifest.members
        ]
        questions = [[text, list(ids)] for text, ids in manifest.questions]
        whole = json.dumps([*said, members, questions, ANALYSIS_VERSION])
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()

    def _viewers(self) -> list[Viewer]:
        """Who gets a table: where nothing is private, all see the same."""
        private = any(member.file.visibility == "private" for member in self.generation.manifest.members)
        return ["public", "member"] if private else ["public"]

    def _gathered(self, viewer: Viewer) -> Gathered:
        parts = [
            (segment, member.alive)
            for segment, member in zip(
                self.generation.segments, self.generation.manifest.members, strict=True
            )
            if viewer == "member" or member.file.visibility == "public"
        ]
        return Gathered.of(self.generation.view(viewer), parts)

    def _collections(self, epoch: str, encoder: EncoderInfo, whole: Gathered) -> Numbering:
        """The collections of the points, made where they are not there yet."""
        layouts = {
            self.names.data("bookmarks", epoch): bookmark_layout(encoder.dimensions),
            self.names.data("passages", epoch): passage_layout(encoder.dimensions),
        }
        words = self.names.data("words", epoch)
        there = set(self.store.collections())
        for collection, layout in layouts.items():
            if collection not in there:
                self.store.create(collection, layout)
        return Numbering(self.store, words, [whole.view.average_length(field) for field in FIELDS])

    def _write_points(self, epoch: str, whole: Gathered, numbering: Numbering, kept: set[bytes]) -> int:
        """Write the points that are not there; of how many bookmarks that were.

        A bookmark's point is written after those of its passages, so where it is, they are.
        """
        bookmarks, passages = self.names.data("bookmarks", epoch), self.names.data("passages", epoch)
        new = [row for row, point in enumerate(whole.points) if point.tobytes() not in kept]
        missing = np.array(new, np.int64)
        # An earlier try may have been ended.
        there = {point.id for point in self.store.retrieve(bookmarks, as_texts(whole.points[missing]))}
        missing = missing[[id not in there for id in as_texts(whole.points[missing])]]
        maker = Maker(whole, numbering.of(whole.vocabulary()), numbering.averages)
        written = 0
        self.progress("Publishing", 0, len(missing))
        for own, of_passages in maker.points(missing, AT_ONCE):
            self.store.upsert(passages, of_passages)
            self.store.upsert(bookmarks, own)
            written += len(own)
            self.progress("Publishing", written, len(missing))
        if written:
            self.store.settle(passages)
            self.store.settle(bookmarks)
        return written

    def _write_generation(
        self, collection: str, epoch: str, gathered: Mapping[Viewer, Gathered], numbering: Numbering
    ) -> None:
        """Write what a service keeps in memory; its manifest last."""
        self.store.create(collection, TABLE_LAYOUT)
        described: dict[str, Any] = {}
        for number, (viewer, own) in enumerate(gathered.items()):
            self.progress("Publishing the tables", number, len(gathered))
            table = own.table(numbering.of(own.vocabulary()))
            described[viewer] = tables.write(self.store, collection, viewer, table)
        manifest = self.generation.manifest
        PublishedManifest(
            generation=self.generation.name,
            source=self._source(),
            seq=manifest.seq,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            epoch=epoch,
            encoder=manifest.encoder,
            averages=numbering.averages,
            tables=described,
            ranking=self.ranking,
        ).write(self.store, collection)

    def _report(
        self,
        collection: str,
        bookmarks: int,
        passages: int,
        written: int = 0,
        deleted: int = 0,
        *,
        unchanged: bool = False,
    ) -> PublishReport:
        seconds = round(time.monotonic() - self.started, 3)
        return PublishReport(
            self.generation.name, collection, bookmarks, passages, written, deleted, seconds, unchanged
        )
