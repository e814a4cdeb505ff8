"""Which of the journal's changes the catalog holds, and how they come in."""

from __future__ import annotations

from glane_indexer.catalog.connection import CatalogConnection

APPLIED = "applied_seq"


class ChangeTable(CatalogConnection):
    """The part of a catalog that knows up to which change of the journal it is."""

    def applied(self) -> int:
        """The number of the last change that is in the catalog; 0 before the first."""
        return int(self._meta(APPLIED) or 0)

    def _set_applied(self, seq: int, version: str) -> None:
        self._run("DELETE FROM meta WHERE key = ?", [APPLIED])
        self._run("INSERT INTO meta VALUES (?, ?)", [APPLIED, str(seq)])
        self._run("UPDATE meta SET value = ? WHERE key = 'content_version'", [version])
