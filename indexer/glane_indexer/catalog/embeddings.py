"""The vectors of the catalog: by the hash of the text, and by the encoder that made them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from glane_indexer.catalog.connection import CatalogConnection
from glane_indexer.catalog.schema import translated
from glane_indexer.errors import CatalogError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


# Vectors read at a time: some tens of megabytes.
_FETCHED = 20_000


class EmbeddingTable(CatalogConnection):
    """The part of a catalog that keeps vectors, so that an index embeds only what is new."""

    def missing_embeddings(self, hashes: Iterable[str], fingerprint: str) -> list[str]:
        """Those of the hashes that this encoder has no vector of yet, each once, in their order."""
        wanted = list(dict.fromkeys(hashes))
        if not wanted:
            return []
        with self._staged({"hash": wanted, "place": range(len(wanted))}):
            missing = self._rows(
                "SELECT hash FROM staged ANTI JOIN "
                "(SELECT hash FROM embeddings WHERE fingerprint = ?) USING (hash) ORDER BY place",
                [fingerprint],
            )
        return [hash for (hash,) in missing]

    def embeddings(self, hashes: Sequence[str], fingerprint: str) -> NDArray[np.float32]:
        """The vectors of these hashes in their order, repeats included: float32 ``[n, d]``.

        Raises:
            CatalogError: one of them is not stored, or they are not of one length.
        """
        import numpy as np

        if not hashes:
            return np.zeros((0, 0), np.float32)
        vectors = np.zeros((0, 0), np.float32)
        count = 0
        with self._staged({"hash": hashes, "place": range(len(hashes))}), translated(self._path):
            found = self._connection.execute(
                "SELECT place, vector FROM staged JOIN embeddings USING (hash) WHERE fingerprint = ?",
                [fingerprint],
            )
            # Put in place here: to have DuckDB sort the vectors takes twice as long.
            while rows := found.fetchmany(_FETCHED):
                places, blobs = zip(*rows, strict=True)
                if not count:
                    vectors = np.empty((len(hashes), len(blobs[0]) // 4), np.float32)
                if {len(blob) for blob in blobs} != {4 * vectors.shape[1]}:
                    break
                vectors[list(places)] = np.frombuffer(b"".join(blobs), "<f4").reshape(len(rows), -1)
                count += len(rows)
        if count != len(hashes):
            raise CatalogError(
                f"of {len(hashes)} embeddings {count} are stored, or not in one length",
                where=str(self._path),
                hint="Run `glane index` again",
            )
        return vectors

    def store_embeddings(
        self, hashes: Sequence[str], vectors: NDArray[np.float32], fingerprint: str
    ) -> None:
        """Keep vectors (float32 ``[n, d]``) by hash and encoder; those already kept stay as they are.

        Once this returns they survive the end of the process.
        """
        if len(hashes) != len(vectors):
            raise ValueError(f"{len(hashes)} hashes for {len(vectors)} vectors")
        place = {hash: row for row, hash in enumerate(hashes)}
        if not place:
            return
        blobs = [vectors[row].astype("<f4", copy=False).tobytes() for row in place.values()]
        with self.transaction(), self._staged({"hash": list(place), "vector": blobs}):
            self._run(
                "INSERT INTO embeddings SELECT hash, ?, vector FROM staged ANTI JOIN "
                "(SELECT hash FROM embeddings WHERE fingerprint = ?) USING (hash)",
                [fingerprint, fingerprint],
            )

    def delete_embeddings(self, hashes: Iterable[str]) -> None:
        """Delete the vectors that any encoder has made of these texts."""
        wanted = list(set(hashes))
        if wanted:
            with self.transaction(), self._staged({"hash": wanted}):
                self._run("DELETE FROM embeddings WHERE hash IN (SELECT hash FROM staged)")

    def prune_embeddings(self, fingerprints: Collection[str], hashes: Iterable[str]) -> int:
        """Delete every embedding but those of these encoders and hashes; how many it were."""
        ((before,),) = self._rows("SELECT count(*) FROM embeddings")
        wanted = list(set(hashes))
        with self.transaction():
            self._run(
                "DELETE FROM embeddings WHERE NOT list_contains(?::VARCHAR[], fingerprint)",
                [list(fingerprints)],
            )
            if wanted:
                with self._staged({"hash": wanted}):
                    self._run("DELETE FROM embeddings WHERE hash NOT IN (SELECT hash FROM staged)")
            else:
                self._run("DELETE FROM embeddings")
            ((after,),) = self._rows("SELECT count(*) FROM embeddings")
        return int(before - after)
