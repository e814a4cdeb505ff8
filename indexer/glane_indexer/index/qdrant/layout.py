"""How a generation lies in Qdrant: the names of collections, the ids of points, and what they carry (pure).

A bookmark's point is named after its id and its content, so a change makes a point more and takes none
away: whoever still reads the generation before finds all of its points as they were. A passage's id begins
as its bookmark's point does, so what a search finds says whose it is.

Of a library ``glane`` the collections are ``glane-bookmarks-N`` and ``glane-passages-N`` with the points,
``glane-words-N`` with the numbers of its words, and one small ``glane-generation-…`` for each of the last
two generations, with all that a service keeps in memory. The alias ``glane`` names the one that answers.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import UsageError
from glane_indexer.index.protocol import FIELDS, FORMS
from glane_indexer.index.qdrant.points import Dense, Layout
from glane_indexer.models import Bookmark

# Raise it when points or tables change their layout or their meaning.
SCHEMA_VERSION = 1
GROUPS = len(FIELDS) * len(FORMS)
"""Of each word one term for each field and form: its number in Qdrant is ``word * GROUPS + group``."""
MOST_WORDS = (1 << 32) // GROUPS
TERM = np.dtype([("word", "<u4"), ("times", "<u2")])
"""A bookmark's terms of one group, as its payload has them: the word's number, and how often."""
WORDS_VECTOR, DOCUMENT_VECTOR, PASSAGE_VECTOR = "words", "document", "passage"
FACTS = ("kind", "contributor", "site", "language", "tags", "year", "visibility")

KINDS = ("bookmarks", "passages", "words")

Raw = NDArray[np.uint8]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Names:
    """The collections of one library."""

    library: str

    @classmethod
    def of(cls, library: str) -> Names:
        """Those of a library of this name.

        Raises:
            UsageError: Qdrant, or a reader, could take the name for another.
        """
        if not _NAME.fullmatch(library):
            raise UsageError(
                f"{library!r} is no name for a library in Qdrant",
                where="GLANE_ENGINE",
                hint="Use lower-case letters, digits and _ after the #, like http://127.0.0.1:6333#glane",
            )
        return cls(library)

    def data(self, kind: str, epoch: str) -> str:
        """A collection that outlives generations, of one of :data:`KINDS`."""
        return f"{self.library}-{kind}-{epoch}"

    def is_data(self, collection: str) -> bool:
        """Whether a collection holds points or words of this library."""
        return collection.startswith(tuple(f"{self.library}-{kind}-" for kind in KINDS))

    def generation(self, name: str, token: str) -> str:
        """The collection of one generation's tables."""
        return f"{self.library}-generation-{name}-{token}"

    def is_generation(self, collection: str) -> bool:
        """Whether a collection holds tables of this library."""
        return collection.startswith(f"{self.library}-generation-")


def bookmark_layout(dimensions: int) -> Layout:
    """What a bookmark's point has."""
    # The whole-document vector is asked for by its point alone, so nothing searches by it.
    return Layout(
        dense={DOCUMENT_VECTOR: Dense(dimensions, indexed=False, half=True)},
        sparse=(WORDS_VECTOR,),
        words=FACTS,
        numbers=("created",),
    )


def passage_layout(dimensions: int) -> Layout:
    """What a passage's point has."""
    return Layout(dense={PASSAGE_VECTOR: Dense(dimensions)}, words=FACTS, numbers=("created",))


TABLE_LAYOUT = Layout(sparse=("none",))
"""Points of payload alone; an embedded shard takes no collection without any vector."""


def point_of(identifier: str, content: str) -> bytes:
    """The 16 bytes that name a bookmark's point."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(identifier.encode("utf-8", "surrogatepass") + b"\0" + content.encode())
    return digest.digest()


def named_point(name: str) -> str:
    """The id of a point that is asked for by a name."""
    return str(uuid.UUID(bytes=hashlib.blake2b(name.encode(), digest_size=16).digest()))


def passage_points(points: Raw, places: NDArray[np.int64]) -> Raw:
    """The ids of passages: the first twelve bytes of the bookmark's, and the passage's place in it.

    Args:
        points: ``[n, 16]``, the bookmark of each.
        places: ``[n]``.
    """
    found = points.copy()
    found[:, 12:] = places.astype(">u4").view(np.uint8).reshape(-1, 4)
    return found


def as_texts(points: Raw) -> list[str]:
    """Ids as Qdrant writes them."""
    # Tens of thousands in a question that compares all: a third of the time that `uuid` takes.
    flat = points.tobytes().hex()
    return [
        f"{flat[at : at + 8]}-{flat[at + 8 : at + 12]}-{flat[at + 12 : at + 16]}"
        f"-{flat[at + 16 : at + 20]}-{flat[at + 20 : at + 32]}"
        for at in range(0, len(flat), 32)
    ]


def as_raw(texts: Sequence[str]) -> Raw:
    """Ids as bytes ``[n, 16]``."""
    flat = bytes.fromhex("".join(texts).replace("-", ""))
    return np.frombuffer(flat, np.uint8).reshape(-1, 16)


def facts_of(bookmark: Bookmark) -> dict[str, Any]:
    """What a bookmark and its passages are filtered by."""
    facts: dict[str, Any] = {
        "kind": bookmark.kind,
        "contributor": bookmark.contributor,
        "site": bookmark.site,
        "language": bookmark.language,
        "tags": list(bookmark.tags),
        "year": str(bookmark.created_at.year) if bookmark.created_at else "",
        "visibility": bookmark.visibility,
    }
    if bookmark.created_at is not None:
        facts["created"] = (bookmark.created_at - _EPOCH) // timedelta(seconds=1)
    return facts


def terms_key(group: int) -> str:
    """Where a payload has the terms of a group."""
    return f"terms{group}"


def packed(array: NDArray[Any]) -> str:
    """An array's bytes as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpacked(text: str | None) -> bytes:
    """The bytes of such a text; none where there is none."""
    return base64.b64decode(text or "")
