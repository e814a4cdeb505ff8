"""What a live source is: records with keys, a page at a time, and where to go on next time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glane_indexer.importers.source import Source
from glane_indexer.models import Bookmark, Imported, Problem

if TYPE_CHECKING:
    from glane_indexer.library.sources.client import Client

Read = Callable[[Source], Iterator[Imported]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source: its key there, a hash of all that it holds, and the bookmarks it is."""

    key: str
    hash: str
    bookmarks: tuple[Bookmark, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Records that came in one answer.

    ``gone`` are beginnings of keys: every record whose key begins so is there no more. ``cursor`` is where
    the next synchronisation goes on once this page is stored, "" to leave it as it is. ``whole`` says of
    the last page that all records have come, so that any other that is known is gone.
    """

    records: tuple[Record, ...] = ()
    gone: tuple[str, ...] = ()
    cursor: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a source is asked: where, with which token, and what came after the cursor.

    ``known_now`` tells how many records of it are known here, those of the pages so far among them.
    """

    client: Client
    url: str
    cursor: str
    known_now: Callable[[], int]


@dataclass(frozen=True, slots=True)
class LiveSource:
    """A source by its name.

    ``url`` is its service, "" where each user names one. ``variable`` is the environment variable with the
    token, "" where there is none.
    """

    name: str
    about: str
    url: str
    variable: str
    token_help: str
    pages: Callable[[Request], Iterator[Page]] = field(repr=False)


def record(
    key: object, values: Any, read: Read, wrap: Callable[[Any], Any] = lambda value: [value]
) -> Record:
    """A record from its JSON value, read as the importer of its format reads it.

    Args:
        wrap: how the format holds one record.
    """
    data = json.dumps(values, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
    source = Source(json.dumps(wrap(values), ensure_ascii=False).encode("utf-8", "replace"), "")
    return of_items(key, data, read(source))


def of_items(key: object, data: bytes, items: Iterable[Imported]) -> Record:
    """A record from what an importer has read of it."""
    found = list(items)
    return Record(
        str(key),
        hashlib.blake2b(data, digest_size=12).hexdigest(),
        tuple(item for item in found if isinstance(item, Bookmark)),
        tuple(item for item in found if isinstance(item, Problem)),
    )
