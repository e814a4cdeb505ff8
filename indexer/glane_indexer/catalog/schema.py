"""The catalog's file: its tables, its version, and what can be wrong with it."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from glane_indexer.errors import CatalogError

if TYPE_CHECKING:
    import duckdb

CATALOG_NAME = "catalog.duckdb"
SCHEMA_VERSION = 1

# No keys or indexes: DuckDB checks them before a transaction's own deletions count, which forbids
# replacing a row, and they slow bulk inserts. The one writer keeps ids unique.
_TABLES = """
CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE bookmarks (
    id VARCHAR NOT NULL, title VARCHAR NOT NULL, url VARCHAR NOT NULL, description VARCHAR NOT NULL,
    tags VARCHAR[] NOT NULL, contributor VARCHAR NOT NULL, created_at TIMESTAMP,
    views BIGINT NOT NULL, kind VARCHAR NOT NULL, language VARCHAR NOT NULL);
CREATE TABLE annotations (
    bookmark_id VARCHAR NOT NULL, position INTEGER NOT NULL, id VARCHAR NOT NULL,
    text VARCHAR NOT NULL, note VARCHAR NOT NULL, author VARCHAR NOT NULL, created_at TIMESTAMP);
CREATE TABLE passages (
    bookmark_id VARCHAR NOT NULL, position INTEGER NOT NULL, kind VARCHAR NOT NULL,
    annotation_id VARCHAR NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, hash VARCHAR NOT NULL);
CREATE TABLE embeddings (hash VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL, vector BLOB NOT NULL);
CREATE TABLE imports (
    id VARCHAR NOT NULL, format VARCHAR NOT NULL, file VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP NOT NULL, counts VARCHAR NOT NULL);
CREATE TABLE questions (id VARCHAR NOT NULL, text VARCHAR NOT NULL);
CREATE TABLE judgments (
    question VARCHAR NOT NULL, bookmark VARCHAR NOT NULL, judge VARCHAR NOT NULL,
    grade INTEGER NOT NULL, judged_at TIMESTAMP NOT NULL);
"""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # The catalog needs no extension, and must never look for one on the network.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # The default of 16 MB rewrites the embeddings' half-filled last row group again and again: five
    # times slower for 100,000 vectors stored 1,000 at a time, and a file of twice the size.
    "checkpoint_threshold": "256MB",
}

_RESTORE = "Put back a copy of the file, or move it away and import again"


def open_file(library: Path, *, create: bool, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection to the library's catalog, whose schema is this program's.

    Raises:
        CatalogError: there is no catalog (and ``create`` is off), it is damaged, it is no catalog,
            it is of a newer schema, or another process has it open.
    """
    path = library / CATALOG_NAME
    if not path.exists():
        if not create:
            raise CatalogError(
                "there is no catalog here",
                where=str(library),
                hint="Import bookmarks first: glane import FILE",
            )
        _create(library, path)
    connection = _connect(path, read_only)
    try:
        _check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors inside the block into a :class:`CatalogError` about this file."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _explain(error, path) from error


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    with translated(path):
        return duckdb.connect(str(path), read_only=read_only, config=_CONFIG)


def _create(library: Path, path: Path) -> None:
    """Make an empty catalog, whole or not at all: a half-made file could never be opened again."""
    try:
        library.mkdir(parents=True, exist_ok=True)
        for leftover in library.glob(f".{CATALOG_NAME}-*"):
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise CatalogError(
            f"the library cannot be made here: {error.strerror}", where=str(library)
        ) from error
    draft = library / f".{CATALOG_NAME}-{os.getpid()}"
    connection = _connect(draft, read_only=False)
    with translated(path), contextlib.closing(connection):
        connection.execute(_TABLES)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [
                ["schema_version", str(SCHEMA_VERSION)],
                ["library", ""],
                ["created_at", datetime.now(UTC).isoformat(timespec="seconds")],
                ["content_version", new_content_version()],
            ],
        )
    draft.replace(path)


def new_content_version() -> str:
    """A name for a state of the content that no other state has had: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def _check(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    import duckdb

    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
        version = int(row[0]) if row else 0
    except (duckdb.CatalogException, duckdb.BinderException, ValueError):
        version = 0
    except duckdb.Error as error:
        raise _explain(error, path) from error
    if version > SCHEMA_VERSION:
        raise CatalogError(
            f"the catalog was written by a newer Glane "
            f"(its schema is {version}, the newest known here is {SCHEMA_VERSION})",
            where=str(path),
            hint="Update Glane",
        )
    if version < 1:
        raise CatalogError("this is a DuckDB file, and not a Glane catalog", where=str(path), hint=_RESTORE)


def _explain(error: Exception, path: Path) -> CatalogError:
    """What a DuckDB error means for somebody who does not know that there is a DuckDB."""
    text = str(error)
    first = text.split("\n", 1)[0]
    if "Could not set lock on file" in text:
        found = re.search(r"PID (\d+)", text)
        who = f"process {found[1]}" if found else "another process"
        return CatalogError(
            f"{who} has the catalog open",
            where=str(path),
            hint="Wait until it is done, or end it, and try again",
        )
    if "different configuration than existing connections" in text:
        return CatalogError("this process has the catalog open already", where=str(path))
    if "not a valid DuckDB database file" in text:
        return CatalogError("the file is not a catalog", where=str(path), hint=_RESTORE)
    if "older version of DuckDB" in text or "newer version of DuckDB" in text:
        return CatalogError(
            "the catalog was written by another version of DuckDB, which this one cannot read",
            where=str(path),
            hint="Install the version of DuckDB that wrote it, or move it away and import again",
        )
    if "No space left" in text:
        return CatalogError("the disk is full", where=str(path), hint="Make room and try again")
    if "Permission denied" in text or "Read-only file system" in text:
        return CatalogError(
            "the catalog may not be opened by this user", where=str(path), hint="Check its owner"
        )
    return CatalogError(
        f"the catalog cannot be used, and may be damaged ({first})", where=str(path), hint=_RESTORE
    )
