"""Changes asked for by people and programs: checked, and acknowledged once they are in the journal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glane_indexer.catalog.bookmarks import Catalog
from glane_indexer.errors import ConflictError, InputError, NotFoundError
from glane_indexer.library import changes
from glane_indexer.library.applying import applied_seq, has_catalog
from glane_indexer.library.entries import Draft, Entry
from glane_indexer.library.journal import Journal
from glane_indexer.library.journal_file import Tail
from glane_indexer.models import Bookmark

# How often a change is tried again that others overtake.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What else a change was asked with.

    ``match`` are the entity tags that the bookmark may have (``*``: any); ``absent``: it must not be
    there yet. ``key`` and ``digest`` name the request, so that it is done once.
    """

    match: tuple[str, ...] = ()
    absent: bool = False
    key: str = ""
    digest: str = ""


class PreconditionError(ConflictError):
    """The bookmark is not the one that the caller has seen; ``etag`` is its tag now, "" if it is gone."""

    slug = "precondition-failed"

    def __init__(self, message: str, etag: str) -> None:
        super().__init__(message, hint="Read the bookmark again and decide anew")
        self.etag = etag


@dataclass(frozen=True, slots=True)
class _Snapshot:
    applied: int
    bookmark: Bookmark | None


class Writer:
    """Takes changes for one library. For any number of threads, beside other processes."""

    def __init__(self, library: Path) -> None:
        self.library = library
        self.journal = Journal(library)
        self._knows_floor = False

    def close(self) -> None:
        """Close the journal's file."""
        self.journal.close()

    def save(self, records: Sequence[Mapping[str, Any]], request: Request | None = None) -> Entry:
        """Add bookmarks, or bring those with the same id or url up to date, as an import does.

        Raises:
            InputError: one is no bookmark; ``where`` says which, from 0.
            ConflictError: another request was made with the same key.
            JournalError: the change cannot be kept.
        """
        identified = []
        for place, record in enumerate(records):
            try:
                identified.append(changes.identified(record))
            except ValueError as error:
                raise InputError(str(error), where=f"/{place}" if len(records) > 1 else "") from error
        ids = tuple(dict.fromkeys(str(record["id"]) for record in identified))
        return self._append(lambda tail: Draft(changes.save(identified), ids), request)

    def put(self, id: str, record: Mapping[str, Any], request: Request | None = None) -> Entry:
        """Make this the whole of the bookmark with this id, which need not be there.

        Raises:
            InputError: it is no bookmark.
            PreconditionError: the bookmark is not as the request says.
            ConflictError: another request was made with the same key.
            JournalError: the change cannot be kept.
        """
        return self._change(id, changes.put({**record, "id": id}), request, must_exist=False)

    def patch(self, id: str, fields: Mapping[str, Any], request: Request | None = None) -> Entry:
        """Change these fields of a bookmark; None empties one.

        Raises:
            NotFoundError: there is no such bookmark.
            InputError, PreconditionError, ConflictError, JournalError: as :meth:`put`.
        """
        return self._change(id, changes.patch(fields), request)

    def annotate(
        self, id: str, annotations: Sequence[Mapping[str, Any]], request: Request | None = None
    ) -> Entry:
        """Add annotations to a bookmark.

        Raises:
            NotFoundError, InputError, PreconditionError, ConflictError, JournalError: as :meth:`patch`.
        """
        return self._change(id, changes.annotate(annotations), request)

    def delete(self, id: str, request: Request | None = None) -> Entry:
        """Take a bookmark out of the library.

        Raises:
            NotFoundError, PreconditionError, ConflictError, JournalError: as :meth:`patch`.
        """
        return self._change(id, changes.delete(), request)

    def bookmark(self, id: str) -> Bookmark | None:
        """The bookmark as it will be once all changes so far are applied; None where there will be none.

        Raises:
            CatalogError, JournalError: they cannot be read.
        """
        for _ in range(ATTEMPTS):
            snapshot = self._snapshot(id)
            entries = self.journal.since(snapshot.applied)
            if entries is not None:
                return _folded(snapshot.bookmark, entries, id)
        raise ConflictError("the library changes too fast to be read", hint="Try again")

    def _change(
        self, id: str, change: dict[str, Any], request: Request | None, *, must_exist: bool = True
    ) -> Entry:
        for _ in range(ATTEMPTS):
            # Before the lock: to read the catalog may take a moment, which all who write would wait.
            snapshot = self._snapshot(id)
            with contextlib.suppress(_OvertakenError):
                return self._append(_checked(id, change, request, snapshot, must_exist), request)
        raise ConflictError("the library changes too fast for this change", hint="Try again")

    def _append(self, prepare: Callable[[Tail], Draft], request: Request | None) -> Entry:
        if not self._knows_floor:
            self.journal.raise_floor(applied_seq(self.library))
            self._knows_floor = True
        if request is None:
            return self.journal.append(prepare)
        return self.journal.append(prepare, key=request.key, digest=request.digest)

    def _snapshot(self, id: str) -> _Snapshot:
        if not has_catalog(self.library):
            return _Snapshot(0, None)
        with Catalog.open(self.library, read_only=True) as catalog:
            return _Snapshot(catalog.seq(), catalog.bookmark(id))


class _OvertakenError(Exception):
    """What was read of the catalog is older than what the journal still holds."""


def _checked(
    id: str, change: dict[str, Any], request: Request | None, snapshot: _Snapshot, must_exist: bool
) -> Callable[[Tail], Draft]:
    """What decides, while nobody else can write, whether a change of one bookmark may be made."""

    def prepare(tail: Tail) -> Draft:
        if tail.base > snapshot.applied:
            raise _OvertakenError
        found = _folded(snapshot.bookmark, [e for e in tail.entries if e.seq > snapshot.applied], id)
        _require(found, request or Request(), id)
        if found is None and must_exist:
            raise NotFoundError("there is no such bookmark", where="id")
        try:
            changes.after(found, Entry(tail.last + 1, (id,), change, changes.now()), id)
        except ValueError as error:
            raise InputError(str(error)) from error
        return Draft(change, (id,))

    return prepare


def _require(found: Bookmark | None, request: Request, id: str) -> None:
    now = changes.etag(found) if found else ""
    if request.absent and found is not None:
        raise PreconditionError("there is a bookmark with this id already", now)
    if not request.match:
        return
    if found is None:
        raise PreconditionError("there is no bookmark with this id", now)
    if "*" not in request.match and now not in request.match:
        raise PreconditionError("the bookmark has changed since it was read", now)


def _folded(bookmark: Bookmark | None, entries: Sequence[Entry], id: str) -> Bookmark | None:
    """What a bookmark is after these changes."""
    for entry in entries:
        if id in entry.ids:
            bookmark = changes.after(bookmark, entry, id)
    return bookmark
