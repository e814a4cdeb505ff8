"""The versions of the catalog's tables, and the way from each to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# No keys or indexes: DuckDB checks them before a transaction's own deletions count, which forbids
# replacing a row, and they slow bulk inserts. The one writer keeps ids unique.
VERSION_1 = """
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

# Each row of ``contributions`` is one import's own version of one bookmark, in the order ``number`` in
# which they came (``import`` is "" for what no import brought: an edit, or what version 0.1 held; ``whole``
# says that it replaced all before it in place of being merged into it). The bookmark is what merging them
# in their order gives. Equal versions are kept once, by their hash.
_VERSION_2 = """
ALTER TABLE bookmarks ADD COLUMN visibility VARCHAR;
ALTER TABLE bookmarks ADD COLUMN hash VARCHAR;
UPDATE bookmarks SET visibility = 'public', hash = '';
CREATE TABLE contributions (
    bookmark_id VARCHAR NOT NULL, number BIGINT NOT NULL, import VARCHAR NOT NULL, whole BOOLEAN NOT NULL,
    hash VARCHAR NOT NULL);
CREATE TABLE versions (hash VARCHAR NOT NULL, bookmark VARCHAR NOT NULL);
"""

# ``key`` names the record of a live source that a contribution is: a later one of the same key stands in
# its place, and one with the hash "" says that the source has it no more. ``aliases`` has, for each
# bookmark whose id is not its page's, the id that its page has: so a source without ids finds it.
# ``cursors`` is where the last synchronisation of a live source ended, and ``records`` what it has: the
# hash of each record as it was last sent.
_VERSION_3 = """
ALTER TABLE contributions ADD COLUMN key VARCHAR;
UPDATE contributions SET key = '';
ALTER TABLE imports ADD COLUMN undone_at TIMESTAMP;
CREATE TABLE aliases (page VARCHAR NOT NULL, bookmark_id VARCHAR NOT NULL);
CREATE TABLE cursors (source VARCHAR NOT NULL, cursor VARCHAR NOT NULL);
CREATE TABLE records (source VARCHAR NOT NULL, key VARCHAR NOT NULL, hash VARCHAR NOT NULL);
"""


def _remember_what_was_there(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill in the hashes of version 2, and the first contribution of each bookmark."""
    from glane_indexer.catalog import rows

    found = connection.execute("SELECT * FROM bookmarks ORDER BY id").fetchall()
    annotations = connection.execute("SELECT * FROM annotations ORDER BY bookmark_id, position").fetchall()
    bookmarks = rows.from_rows(found, annotations)
    if not bookmarks:
        return
    with rows.staged(connection, rows.version_columns(bookmarks)):
        connection.execute(
            "UPDATE bookmarks SET hash = staged.hash FROM staged WHERE bookmarks.id = staged.bookmark_id"
        )
        connection.execute(
            "INSERT INTO contributions "
            "SELECT bookmark_id, row_number() OVER (ORDER BY bookmark_id), '', true, hash FROM staged"
        )
        connection.execute("INSERT INTO versions SELECT DISTINCT hash, bookmark FROM staged")


def _remember_pages(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill in the aliases of version 3: version 0.1 gave a page with ``www.`` the id of the one without."""
    from glane_indexer.catalog import rows

    found = connection.execute("SELECT id, url FROM bookmarks WHERE url <> '' ORDER BY id").fetchall()
    columns = rows.alias_columns(found)
    if columns["page"]:
        with rows.staged(connection, columns):
            connection.execute("INSERT INTO aliases SELECT page, bookmark_id FROM staged")


# From each version to the next: SQL, and then a function where SQL does not reach. A new catalog takes all
# of the steps, so there is one way to every version.
STEPS: tuple[tuple[str, Callable[[duckdb.DuckDBPyConnection], None] | None], ...] = (
    (VERSION_1, None),
    (_VERSION_2, _remember_what_was_there),
    (_VERSION_3, _remember_pages),
)
