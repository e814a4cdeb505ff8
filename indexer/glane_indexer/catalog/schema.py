"""The catalog's file: its tables, its version, and what can be wrong with it."""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from glane_indexer.catalog.migrations import STEPS, VERSION_1
from glane_indexer.errors import CatalogError

if TYPE_CHECKING:
    import duckdb

CATALOG_NAME = "catalog.duckdb"

SCHEMA_VERSION = len(STEPS)

# Readers and writers open the catalog for moments; one that finds it open waits this long for the other.
WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.02
# Threads that open one file share its database, which the second may get before it is set up ("Table
# Function with name pandas_scan does not exist").
_CONNECTING = threading.Lock()
# What DuckDB says where another process, or another thread of this one, has the file open.
_BUSY = (
    "Could not set lock on file",
    "different configuration than existing connections",
    "Unique file handle conflict",
)

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # The catalog needs no extension, and must never look for one on the network.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # The default of 16 MB rewrites the embeddings' half-filled last row group again and again: five
    # times slower for 100,000 vectors stored 1,000 at a time, and a file of twice the size.
    "checkpoint_threshold": "256MB",
}
# What is written goes into a log beside the file first, and from there into the file once the log is so
# large. To write one row into the file costs megabytes (blocks of 256 KB), to read the log milliseconds.
LOG_BYTES = 2 << 20

_RESTORE = "Put back a copy of the file, or move it away and import again"


def open_file(library: Path, *, create: bool, read_only: bool) -> duckdb.DuckDBPyConnection:
    """A connection to the library's catalog, whose schema is this program's.

    Raises:
        CatalogError: there is no catalog (and ``create`` is off), it is damaged, it is no catalog,
            it is of a newer schema, or another process keeps it open.
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
        if not read_only:
            with translated(path):
                connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        version = _check(connection, path)
        if version < SCHEMA_VERSION and read_only:
            connection.close()
            open_file(library, create=False, read_only=False).close()
            return open_file(library, create=False, read_only=True)
        _migrate(connection, path, version)
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


def log_of(path: Path) -> Path:
    """The log beside a catalog's file, with what was written last; there need not be one."""
    return path.with_name(f"{path.name}.wal")


def close_file(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Close a catalog, and take its log into the file where that has grown long.

    Raises:
        CatalogError: the file cannot be written; what was written is in the log.
    """
    with translated(path), contextlib.closing(connection):
        try:
            is_long = log_of(path).stat().st_size > LOG_BYTES
        except OSError:
            return
        if is_long and connection.execute(_READ_ONLY).fetchone() != (True,):
            connection.execute("CHECKPOINT")


_READ_ONLY = "SELECT readonly FROM duckdb_databases() WHERE database_name = current_database()"


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    import duckdb

    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with _CONNECTING:
                return duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
        except duckdb.Error as error:
            if not any(busy in str(error) for busy in _BUSY) or time.monotonic() > deadline:
                raise _explain(error, path) from error
        # Two that wait for one another must not try in step.
        time.sleep(_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311


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
        connection.execute(VERSION_1)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [
                ["schema_version", "1"],
                ["library", ""],
                ["created_at", datetime.now(UTC).isoformat(timespec="seconds")],
                ["content_version", new_content_version()],
            ],
        )
        _migrate(connection, path, 1)
    # That of a catalog that was taken away is not this one's.
    log_of(path).unlink(missing_ok=True)
    draft.replace(path)


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path, version: int) -> None:
    """Bring a catalog of an earlier version forwards, all the way or not at all."""
    if version == SCHEMA_VERSION:
        return
    with translated(path):
        connection.execute("BEGIN")
        try:
            for sql, function in STEPS[version:]:
                connection.execute(sql)
                if function:
                    function(connection)
            connection.execute(
                "UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION)]
            )
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(Exception):
                connection.execute("ROLLBACK")
            raise


def new_content_version() -> str:
    """A name for a state of the content that no other state has had: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def _check(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """The version of the catalog's schema."""
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
    _check_length(connection, path)
    return version


def _check_length(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """A file that was cut off can open all the same, and only what reads the missing part would fail.

    Its blocks follow three headers of 4,096 bytes each. The file itself is never opened here: to close it
    would take DuckDB's lock on it away, since such locks belong to a process and not to what has opened it.
    """
    with contextlib.suppress(OSError):
        if log_of(path).stat().st_size > LOG_BYTES:
            # So much in a log may have blocks of its own, which are not in the file yet.
            return
    with translated(path):
        row = connection.execute(
            "SELECT used_blocks * block_size + 12288 FROM pragma_database_size()"
        ).fetchone()
    missing = (row[0] if row else 0) - path.stat().st_size
    if missing > 0:
        raise CatalogError(
            f"the catalog is damaged: {missing} bytes of it are missing", where=str(path), hint=_RESTORE
        )


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
