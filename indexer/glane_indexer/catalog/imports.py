"""Which imports there were, and what each of them says of each bookmark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from glane_indexer.catalog import rows
from glane_indexer.catalog.connection import CatalogConnection
from glane_indexer.catalog.merge import Contribution
from glane_indexer.models import Bookmark

_INSERT = (
    "INSERT INTO contributions SELECT bookmark_id, row_number() OVER (ORDER BY bookmark_id) + "
    "(SELECT coalesce(max(number), 0) FROM contributions)"
)


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that the catalog has seen; ``counts`` is as the import's report has it.

    ``undone_at`` is when it was taken back, or None.
    """

    id: str
    format: str
    file: str
    started_at: datetime
    finished_at: datetime
    counts: Mapping[str, Any]
    undone_at: datetime | None = None


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
            "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, NULL)",
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
                undone and undone.replace(tzinfo=UTC),
            )
            for id, format, file, started, finished, counts, undone in self._rows(
                "SELECT * FROM imports ORDER BY id"
            )
        ]

    def contributions(self, bookmark_id: str) -> list[Contribution]:
        """Everything that was ever said of a bookmark that is there, the first first."""
        return self._contributions_of([bookmark_id]).get(bookmark_id, [])

    def _contributions_of(self, ids: Sequence[str]) -> dict[str, list[Contribution]]:
        """Everything that was ever said of some bookmarks, by id, each the first first."""
        found: dict[str, list[Contribution]] = {}
        with self._staged({"bookmark_id": ids}):
            said = self._rows(
                "SELECT bookmark_id, number, import, whole, key, bookmark FROM contributions "
                "SEMI JOIN staged USING (bookmark_id) LEFT JOIN versions USING (hash) ORDER BY number"
            )
        for id, number, import_id, whole, key, text in said:
            bookmark = rows.from_version(text) if text else None
            found.setdefault(id, []).append(Contribution(number, import_id, whole, bookmark, key))
        return found

    def contributed(self, import_id: str) -> list[str]:
        """The ids of the bookmarks that an import has brought, or said something of."""
        return [
            id
            for (id,) in self._rows(
                "SELECT DISTINCT bookmark_id FROM contributions WHERE import = ? ORDER BY bookmark_id",
                [import_id],
            )
        ]

    def of_key(self, key: str) -> list[str]:
        """The ids of the bookmarks that a record of a live source has said something of."""
        return [
            id
            for (id,) in self._rows(
                "SELECT DISTINCT bookmark_id FROM contributions WHERE key = ? ORDER BY bookmark_id", [key]
            )
        ]

    def keys_of(self, source: str) -> set[str]:
        """The keys of a live source's records that it has still, as far as is known here."""
        return {
            key
            for (key,) in self._rows(
                "SELECT DISTINCT key FROM contributions WHERE starts_with(key, ?) "
                "GROUP BY key, bookmark_id HAVING arg_max(hash, number) <> ''",
                [f"{source}:"],
            )
        }

    def cursor(self, source: str) -> str:
        """Where the last synchronisation with a live source ended; "" before the first."""
        found = self._rows("SELECT cursor FROM cursors WHERE source = ?", [source])
        return str(found[0][0]) if found else ""

    def set_cursor(self, source: str, cursor: str) -> None:
        """Note where a synchronisation with a live source has ended."""
        with self.transaction():
            self._run("DELETE FROM cursors WHERE source = ?", [source])
            self._run("INSERT INTO cursors VALUES (?, ?)", [source, cursor])

    def _contribute(
        self, bookmarks: Sequence[Bookmark], import_id: str, *, whole: bool, key: str = ""
    ) -> None:
        """Remember what an import says of these bookmarks, in the place of what it said before.

        Args:
            key: the record of a live source that says it.
        """
        if not bookmarks:
            return
        with self._staged(rows.version_columns(bookmarks)):
            if import_id:
                self._run(
                    "DELETE FROM contributions WHERE import = ? AND key = ? "
                    "AND bookmark_id IN (SELECT bookmark_id FROM staged)",
                    [import_id, key],
                )
            self._run(
                "INSERT INTO versions SELECT DISTINCT hash, bookmark FROM staged "
                "ANTI JOIN versions USING (hash)"
            )
            self._run(f"{_INSERT}, ?, ?, hash, ? FROM staged", [import_id, whole, key])

    def _contribute_absence(self, ids: Sequence[str], import_id: str, key: str) -> None:
        """Remember that a live source has one of its records no more, of which it said these."""
        with self._staged({"bookmark_id": ids}):
            self._run(f"{_INSERT}, ?, false, '', ? FROM staged", [import_id, key])

    def _withdraw(self, bookmark_id: str, said: Contribution) -> None:
        """Forget one thing that was said of a bookmark."""
        self._run(
            "DELETE FROM contributions WHERE bookmark_id = ? AND number = ?", [bookmark_id, said.number]
        )

    def _take_back(self, import_id: str) -> None:
        """Forget what an import has said, and note when."""
        self._run("DELETE FROM contributions WHERE import = ?", [import_id])
        self._run("DELETE FROM versions WHERE hash NOT IN (SELECT hash FROM contributions)")
        self._run(
            "UPDATE imports SET undone_at = ? WHERE id = ?",
            [datetime.now(UTC).replace(tzinfo=None), import_id],
        )

    def _forget(self, ids: Sequence[str]) -> None:
        """Forget what was said of bookmarks that are gone."""
        if not ids:
            return
        with self._staged({"id": ids}):
            self._run("DELETE FROM contributions WHERE bookmark_id IN (SELECT id FROM staged)")
        self._run("DELETE FROM versions WHERE hash NOT IN (SELECT hash FROM contributions)")
