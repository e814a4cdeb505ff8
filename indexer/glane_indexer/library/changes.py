"""What each kind of change makes of a bookmark: rules alone, no file and no database (pure).

The same rules decide whether a change may be made (on what the changes before it will have made) and
what is put into the catalog, so that both see the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from glane_indexer.catalog.merge import merge, storable, without_repeats
from glane_indexer.identity import content_hash, identify
from glane_indexer.importers.jsonl import from_record, record_of
from glane_indexer.language import bookmark_language
from glane_indexer.library.entries import Entry
from glane_indexer.models import Bookmark

# The fields of a bookmark that a change may name; an id is for good.
FIELDS = frozenset(record_of(Bookmark("x"))) - {"id"}


def save(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add bookmarks, or bring those with the same id up to date as an import does."""
    return {"op": "save", "bookmarks": list(records)}


def put(record: Mapping[str, Any]) -> dict[str, Any]:
    """Make this the whole of a bookmark."""
    return {"op": "put", "bookmarks": [record]}


def patch(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Change these fields of a bookmark; one that is None is emptied."""
    return {"op": "patch", "fields": dict(fields)}


def annotate(annotations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Add annotations to a bookmark; one that it has already gets its note and date."""
    return {"op": "annotate", "annotations": list(annotations)}


def delete() -> dict[str, Any]:
    """Take bookmarks out of the library."""
    return {"op": "delete"}


def after(old: Bookmark | None, entry: Entry, id: str) -> Bookmark | None:
    """What a change makes of the bookmark with this id, which is ``old`` before it; None: no bookmark.

    A change of a bookmark that is not there any more changes nothing.

    Raises:
        ValueError: the change names a field, or a value of one, that there is not.
    """
    change = entry.change
    operation = change["op"]
    if operation == "delete":
        return None
    if operation == "lost":
        return old
    if operation in ("save", "put"):
        for record in change["bookmarks"]:
            if record["id"] == id:
                old = _saved(old if operation == "save" else None, record, entry.at)
        return old
    if old is None:
        return None
    if operation == "patch":
        return _whole({**record_of(old), **_patched(old, change["fields"])})
    if operation == "annotate":
        return _settled(merge(old, _whole({**record_of(old), "annotations": change["annotations"]})))
    raise ValueError(f"there is no operation {operation!r}")


def identified(record: Mapping[str, Any]) -> dict[str, Any]:
    """A bookmark's record with the id that it will have; what it does not say, it still does not say.

    Raises:
        ValueError: it is no bookmark's; says which field.
    """
    return {**record, "id": storable(identify(from_record(record))).id}


def etag(bookmark: Bookmark) -> str:
    """The entity tag of a bookmark as it is now: another one after any change of it."""
    return f'"{content_hash(bookmark)}"'


def _saved(old: Bookmark | None, record: Mapping[str, Any], at: str) -> Bookmark:
    if old is None:
        # A bookmark that says nothing of its date is of now; one that says null has none.
        return _whole({"created_at": at, **record})
    return _settled(merge(old, _whole(record)))


def _patched(old: Bookmark, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = fields.keys() - FIELDS
    if unknown:
        raise ValueError(f"there is no field {min(unknown)!r}")
    texts = ("title", "description")
    reworded = any(name in fields and fields[name] != getattr(old, name) for name in texts)
    # The language was read from the texts: it is read again where they change.
    return {"language": "", **fields} if reworded else fields


def _whole(record: Mapping[str, Any]) -> Bookmark:
    return _settled(from_record(record))


def _settled(bookmark: Bookmark) -> Bookmark:
    """The bookmark as the catalog will give it back."""
    bookmark, _ = without_repeats(storable(identify(bookmark)))
    return bookmark if bookmark.language else replace(bookmark, language=bookmark_language(bookmark))


def now() -> str:
    """This moment, as a record has it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
