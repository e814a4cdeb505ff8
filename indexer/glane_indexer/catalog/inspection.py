"""What a catalog is looked through for: texts that should be gone, tables that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glane_indexer.catalog.connection import CatalogConnection

_CONTRADICTIONS = {
    "bookmarks are there more than once": "SELECT id FROM bookmarks GROUP BY id HAVING count(*) > 1",
    "annotations belong to no bookmark": "SELECT id FROM annotations "
    "WHERE bookmark_id NOT IN (SELECT id FROM bookmarks)",
    "annotations are there more than once": "SELECT 1 FROM annotations GROUP BY bookmark_id, id "
    "HAVING count(*) > 1",
    "embeddings are of another length than the rest": "SELECT e.hash FROM embeddings e JOIN "
    "(SELECT fingerprint, mode(octet_length(vector)) AS size FROM embeddings GROUP BY fingerprint) m "
    "USING (fingerprint) WHERE octet_length(e.vector) <> m.size",
}
_CLEARINGS = {
    "annotations that belonged to no bookmark were taken out": "DELETE FROM annotations "
    "WHERE bookmark_id NOT IN (SELECT id FROM bookmarks)",
    "embeddings of a wrong length were taken out": "DELETE FROM embeddings USING "
    "(SELECT fingerprint, mode(octet_length(vector)) AS size FROM embeddings GROUP BY fingerprint) m "
    "WHERE embeddings.fingerprint = m.fingerprint AND octet_length(embeddings.vector) <> m.size",
}


class Inspection(CatalogConnection):
    """The part of a catalog that can be looked through, and put right."""

    def checkpoint(self) -> None:
        """Have everything in the one file, and nothing in a log beside it."""
        self._run("CHECKPOINT")

    def places_of(self, wanted: Sequence[str]) -> Iterator[str]:
        """Each table and column in which one of these texts stands."""
        columns = self._rows(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE data_type LIKE 'VARCHAR%' ORDER BY ALL"
        )
        if not wanted:
            return
        with self._staged({"text": list(wanted)}):
            for table, column, _ in columns:
                if table == "staged":
                    continue
                text = f'CAST(looked_at."{column}" AS VARCHAR)'
                found = self._rows(
                    f'SELECT 1 FROM "{table}" AS looked_at WHERE EXISTS '  # noqa: S608 - names of the schema
                    f"(SELECT 1 FROM staged WHERE contains({text}, staged.text)) LIMIT 1"
                )
                if found:
                    yield f"{table}.{column}"

    def inconsistencies(self) -> list[str]:
        """What in the tables contradicts the rest of them, in words."""
        found = []
        for message, sql in _CONTRADICTIONS.items():
            ((count,),) = self._rows(f"SELECT count(*) FROM ({sql})")  # noqa: S608 - constants only
            if count:
                found.append(f"{count} {message}")
        return found

    def clear_inconsistencies(self) -> list[str]:
        """Take out what belongs to nothing; what was done."""
        done = []
        with self.transaction():
            for message, sql in _CLEARINGS.items():
                ((count,),) = self._rows(sql)
                if count:
                    done.append(f"{count} {message}")
        return done
