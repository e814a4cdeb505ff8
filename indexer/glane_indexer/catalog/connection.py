"""An open catalog file: transactions, staging, and errors in words. What it holds is in :mod:`.catalog`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from glane_indexer.catalog import rows as rows
from glane_indexer.catalog.schema import close_file, translated
from glane_indexer.errors import CatalogError

if TYPE_CHECKING:
    import duckdb


class CatalogConnection:
    """A connection to the file; not for several threads at once.

    Every method raises :class:`CatalogError` when the file cannot be read or written after all.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._in_transaction = False
        self._closed = False

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if not self._closed:
            self._closed = True
            close_file(self._connection, self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside the block, or nothing of it, however the process ends.

        Every writing method is one by itself, and part of this one when called inside.
        """
        if self._in_transaction:
            yield
            return
        self._run("BEGIN")
        self._in_transaction = True
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            # After a fatal error there is nothing left to roll back; the first error matters.
            with contextlib.suppress(CatalogError):
                self._run("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

    def bound_memory(self, size: str = "128MB") -> None:
        """Have DuckDB keep what a long transaction writes beyond this in a file beside the catalog."""
        self._run(f"SET memory_limit = '{size}'")

    def _meta(self, key: str) -> str:
        found = self._rows("SELECT value FROM meta WHERE key = ?", [key])
        return str(found[0][0]) if found else ""

    @contextlib.contextmanager
    def _staged(self, columns: Mapping[str, Sequence[Any]]) -> Iterator[None]:
        with translated(self._path), rows.staged(self._connection, columns):
            yield

    def _run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        with translated(self._path):
            self._connection.execute(sql, list(parameters))

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with translated(self._path):
            return self._connection.execute(sql, list(parameters)).fetchall()
