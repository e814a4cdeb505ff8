"""Bookmarks as the catalog's columns and back, in bulk.

DuckDB takes rows one at a time slowly (a hundred thousand cost minutes) and NumPy columns fast (under
a second), so everything goes in as columns of a staging view and comes out by the thousand.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from glane_indexer.catalog.merge import TAG_SEPARATOR
from glane_indexer.identity import content_hash, page_id
from glane_indexer.models import Annotation, Bookmark, Passage

if TYPE_CHECKING:
    import duckdb

# For None among times: no datetime is so early.
NO_TIME = -(2**63)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = f"make_timestamp(CASE WHEN created_at = {NO_TIME} THEN NULL ELSE created_at END)"

INSERT_BOOKMARKS = f"""
INSERT INTO bookmarks SELECT id, title, url, description,
    CASE WHEN tags = '' THEN [] ELSE string_split(tags, chr(31)) END,
    contributor, {_TIME}, views, kind, language, visibility, hash FROM staged"""  # noqa: S608 - constants only
INSERT_ANNOTATIONS = f"""
INSERT INTO annotations SELECT bookmark_id, position, id, text, note, author, {_TIME}
FROM staged"""  # noqa: S608 - constants only


@contextlib.contextmanager
def staged(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Sequence[Any]]) -> Iterator[None]:
    """Show columns of equal length, at least one row, as the view ``staged`` inside the block.

    Columns of int become BIGINT, of str VARCHAR and of bytes BLOB; there is no None.
    """
    arrays = {name: _array(values) for name, values in columns.items()}
    connection.register("staged", arrays)
    try:
        yield
    finally:
        connection.unregister("staged")
        # Until its transaction ends, DuckDB holds all arrays that it was shown; their texts need not wait.
        for array in arrays.values():
            array.fill(0)


def _array(values: Sequence[Any]) -> Any:
    import numpy as np

    if isinstance(values[0], int):
        return np.array(values, np.int64)
    array = np.empty(len(values), object)
    array[:] = values
    return array


def bookmark_columns(bookmarks: Sequence[Bookmark]) -> dict[str, list[Any]]:
    """The staging columns of :data:`INSERT_BOOKMARKS`."""
    return {
        "id": [bookmark.id for bookmark in bookmarks],
        "title": [bookmark.title for bookmark in bookmarks],
        "url": [bookmark.url for bookmark in bookmarks],
        "description": [bookmark.description for bookmark in bookmarks],
        "tags": [TAG_SEPARATOR.join(bookmark.tags) for bookmark in bookmarks],
        "contributor": [bookmark.contributor for bookmark in bookmarks],
        "created_at": [_microseconds(bookmark.created_at) for bookmark in bookmarks],
        "views": [bookmark.views for bookmark in bookmarks],
        "kind": [bookmark.kind for bookmark in bookmarks],
        "language": [bookmark.language for bookmark in bookmarks],
        "visibility": [bookmark.visibility for bookmark in bookmarks],
        "hash": [content_hash(bookmark) for bookmark in bookmarks],
    }


def annotation_columns(bookmarks: Sequence[Bookmark]) -> dict[str, list[Any]]:
    """The staging columns of :data:`INSERT_ANNOTATIONS`, all annotations of all the bookmarks."""
    rows = [
        (bookmark.id, position, annotation)
        for bookmark in bookmarks
        for position, annotation in enumerate(bookmark.annotations)
    ]
    return {
        "bookmark_id": [bookmark_id for bookmark_id, _, _ in rows],
        "position": [position for _, position, _ in rows],
        "id": [annotation.id for _, _, annotation in rows],
        "text": [annotation.text for _, _, annotation in rows],
        "note": [annotation.note for _, _, annotation in rows],
        "author": [annotation.author for _, _, annotation in rows],
        "created_at": [_microseconds(annotation.created_at) for _, _, annotation in rows],
    }


def passage_columns(passages: Sequence[Sequence[Passage]]) -> dict[str, list[Any]]:
    """The columns of the table of passages, of the passages of each of some bookmarks."""
    flat = [(position, item) for group in passages for position, item in enumerate(group)]
    return {
        "bookmark_id": [item.bookmark_id for _, item in flat],
        "position": [position for position, _ in flat],
        "kind": [item.kind for _, item in flat],
        "annotation_id": [item.annotation_id for _, item in flat],
        "start": [item.start for _, item in flat],
        "length": [len(item.text) for _, item in flat],
        "hash": [item.hash for _, item in flat],
    }


def version_columns(bookmarks: Sequence[Bookmark]) -> dict[str, list[Any]]:
    """Columns of whole bookmarks as texts, by their hash."""
    return {
        "bookmark_id": [bookmark.id for bookmark in bookmarks],
        "hash": [content_hash(bookmark) for bookmark in bookmarks],
        "bookmark": [_dump(bookmark) for bookmark in bookmarks],
    }


def alias_columns(bookmarks: Iterable[tuple[str, str]]) -> dict[str, list[Any]]:
    """Columns of the ids that pages have, of the bookmarks (by id and url) whose id is another one."""
    pairs = [(page_id(url), id) for id, url in bookmarks if url.strip()]
    others = [(page, id) for page, id in pairs if page != id]
    return {"page": [page for page, _ in others], "bookmark_id": [id for _, id in others]}


def from_version(text: str) -> Bookmark:
    """The bookmark that a text of :func:`version_columns` holds, exactly."""
    record = orjson.loads(text)
    annotations = tuple(
        Annotation(**{**item, "created_at": _moment(item["created_at"])}) for item in record["annotations"]
    )
    changed = {
        "created_at": _moment(record["created_at"]),
        "tags": tuple(record["tags"]),
        "annotations": annotations,
    }
    return Bookmark(**{**record, **changed})


def _dump(bookmark: Bookmark) -> str:
    return orjson.dumps(bookmark).decode()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def from_rows(
    bookmarks: Sequence[tuple[Any, ...]], annotations: Sequence[tuple[Any, ...]]
) -> list[Bookmark]:
    """Bookmarks from rows of both tables, all columns in order, annotations in order of position."""
    of: dict[str, list[Annotation]] = {}
    for bookmark_id, _, annotation_id, text, note, author, created_at in annotations:
        of.setdefault(bookmark_id, []).append(
            Annotation(text, note, author, _aware(created_at), annotation_id)
        )
    return [
        Bookmark(
            title=title,
            url=url,
            description=description,
            tags=tuple(tags),
            contributor=contributor,
            created_at=_aware(created_at),
            views=views,
            kind=kind,
            language=language,
            annotations=tuple(of.get(key, ())),
            id=key,
            visibility=visibility,
        )
        for key, title, url, description, tags, contributor, created_at, views, kind, *more in bookmarks
        for language, visibility, _ in (more,)
    ]


def _microseconds(moment: datetime | None) -> int:
    return NO_TIME if moment is None else (moment - _EPOCH) // _MICROSECOND


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
