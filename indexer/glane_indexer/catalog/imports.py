"""Which imports there were, and what each of them says of each bookmark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from glane_indexer.catalog import rows
from glane_indexer.catalog.connection import CatalogConnection
from glane_indexer.models import Bookmark


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that the catalog has seen; ``counts`` is as the import's report has it."""

    id: str
    format: str
    file: str
    started_at: datetime
    finished_at: datetime
    counts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one import (or, with ``import_id`` "", an edit) says of a bookmark.

    ``whole``: it stands in the place of all before it; otherwise it is merged into them.
    """

    number: int
    import_id: str
    whole: bool
    bookmark: Bookmark


class ImportTable(CatalogConnection):
    """The part of a catalog that remembers where everything came from.

    A bookmark is what its contributions give, merged in the order of their numbers by
    :func:`glane_indexer.catalog.merge.merge`; so an import is taken back by leaving its own out.
    """

    def new_import_id(self) -> str:
        """The id that the next recorded import has: six digits, counting up."""
        ((number,),) = self._rows("SELECT coalesce(max(id::BIGINT), 0) + 1 FROM imports")
        return f"{number:06d}"

    def record_import(self, format: str, file: str, started_at: datetime, counts: Mapping[str, Any]) -> str:
        """Note an import that ends now; its id, as :meth:`new_import_id` has told it."""
        id = self.new_import_id()
        now = datetime.now(UTC).replace(tzinfo=None)
        started = started_at.astimezone(UTC).replace(tzinfo=None)
        self._run(
            "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?)",
            [id, format, file, started, now, json.dumps(counts)],
        )
        return id

    def imports(self) -> list[ImportRecord]:
        """All imports so far, the first one first."""
        return [
            ImportRecord(
                id,
                format,
                file,
                started.replace(tzinfo=UTC),
                finished.replace(tzinfo=UTC),
                json.loads(counts),
            )
            for id, format, file, started, finished, counts in self._rows(
                "SELECT * FROM imports ORDER BY id"
            )
        ]

    def contributions(self, bookmark_id: str) -> list[Contribution]:
        """Everything that was ever said of a bookmark that is there, the first first."""
        return [
            Contribution(number, import_id, whole, rows.from_version(text))
            for number, import_id, whole, text in self._rows(
                "SELECT number, import, whole, bookmark FROM contributions JOIN versions USING (hash) "
                "WHERE bookmark_id = ? ORDER BY number",
                [bookmark_id],
            )
        ]

    def contributed(self, import_id: str) -> list[str]:
        """The ids of the bookmarks that an import has brought, or said something of."""
        return [
            id
            for (id,) in self._rows(
                "SELECT DISTINCT bookmark_id FROM contributions WHERE import = ? ORDER BY bookmark_id",
                [import_id],
            )
        ]

    def _contribute(self, bookmarks: Sequence[Bookmark], import_id: str, *, whole: bool) -> None:
        """Remember what an import says of these bookmarks."""
        if not bookmarks:
            return
        with self._staged(rows.version_columns(bookmarks)):
            self._run(
                "INSERT INTO versions SELECT DISTINCT hash, bookmark FROM staged "
                "ANTI JOIN versions USING (hash)"
            )
            self._run(
                "INSERT INTO contributions SELECT bookmark_id, row_number() OVER (ORDER BY bookmark_id) + "
                "(SELECT coalesce(max(number), 0) FROM contributions), ?, ?, hash FROM staged",
                [import_id, whole],
            )

    def _forget(self, ids: Sequence[str]) -> None:
        """Forget what was said of bookmarks that are gone."""
        if not ids:
            return
        with self._staged({"id": ids}):
            self._run("DELETE FROM contributions WHERE bookmark_id IN (SELECT id FROM staged)")
        self._run("DELETE FROM versions WHERE hash NOT IN (SELECT hash FROM contributions)")
