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

    def _ids_of_keys(self, keys: Sequence[str]) -> list[tuple[str, str]]:
        """Bookmarks and keys of which live records say something now, of these keys."""
        if not keys:
            return []
        with self._staged({"key": list(dict.fromkeys(keys))}):
            return self._rows(
                "SELECT bookmark_id, key FROM contributions SEMI JOIN staged USING (key) "
                "GROUP BY bookmark_id, key HAVING arg_max(hash, number) <> '' ORDER BY bookmark_id, key"
            )

    def records(self, source: str) -> dict[str, str]:
        """What a live source has, as far as is known here: the hash of each record by its key."""
        return dict(self._rows("SELECT key, hash FROM records WHERE source = ?", [source]))

    def set_records(self, source: str, changed: Mapping[str, str], gone: Sequence[str]) -> None:
        """Note records of a live source that have changed, and those that it has no more."""
        with self.transaction():
            if forgotten := [*changed, *gone]:
                with self._staged({"key": forgotten}):
                    self._run(
                        "DELETE FROM records WHERE source = ? AND key IN (SELECT key FROM staged)", [source]
                    )
            if changed:
                with self._staged({"key": list(changed), "hash": list(changed.values())}):
                    self._run("INSERT INTO records SELECT ?, key, hash FROM staged", [source])

    def forget_source(self, source: str) -> None:
        """Have the next synchronisation with a live source take every record anew.

        Which ones it had is still known, so that it can tell which are gone since.
        """
        self._run("DELETE FROM cursors WHERE source = ?", [source])
        self._run("DELETE FROM records WHERE source = ?", [source])
        self._run(
            "INSERT INTO records SELECT DISTINCT ?, substr(key, ?), '' FROM contributions "
            "WHERE starts_with(key, ?) GROUP BY key, bookmark_id HAVING arg_max(hash, number) <> ''",
            [source, len(source) + 2, f"{source}:"],
        )

    def recount_import(self, import_id: str, counts: Mapping[str, Any]) -> None:
        """Note what an import that goes on has done by now."""
        self._run(
            "UPDATE imports SET counts = ?, finished_at = ? WHERE id = ?",
            [json.dumps(counts), datetime.now(UTC).replace(tzinfo=None), import_id],
        )

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
        self, bookmarks: Sequence[Bookmark], import_id: str, *, whole: bool, keys: Sequence[str] = ()
    ) -> None:
        """Remember what an import says of these bookmarks, in the place of what it said before.

        Args:
            keys: the record of a live source that says it, for each of them; "" where it is none.
        """
        if not bookmarks:
            return
        columns = rows.version_columns(bookmarks) | {"key": list(keys) or [""] * len(bookmarks)}
        with self._staged(columns):
            if import_id:
                self._run(
                    "DELETE FROM contributions USING staged WHERE import = ? "
                    "AND contributions.bookmark_id = staged.bookmark_id AND contributions.key = staged.key",
                    [import_id],
                )
            self._run(
                "INSERT INTO versions SELECT DISTINCT hash, bookmark FROM staged "
                "ANTI JOIN versions USING (hash)"
            )
            self._run(f"{_INSERT}, ?, ?, hash, key FROM staged", [import_id, whole])

    def _contribute_absence(self, places: Sequence[tuple[str, str]], import_id: str) -> None:
        """Remember that a live source says nothing more of some bookmarks, under some keys."""
        columns = {"bookmark_id": [id for id, _ in places], "key": [key for _, key in places]}
        with self._staged(columns):
            self._run(f"{_INSERT}, ?, false, '', key FROM staged", [import_id])

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
