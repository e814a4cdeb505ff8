"""The values that everything else passes around: bookmarks, annotations, passages.

Plain immutable data, no behaviour that needs a library: importers make them, the catalog keeps them,
the index is built from them and the service shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["bookmark", "topic"]
Visibility = Literal["public", "private"]
PassageKind = Literal["title", "description", "annotation"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One highlight quoted from a page, with an optional note and its own author.

    ``id`` is empty until :func:`glane_indexer.identity.identify` has given the bookmark its ids.
    """

    text: str
    note: str = ""
    author: str = ""
    created_at: datetime | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One bookmark of a library, with its annotations in their order on the page.

    ``created_at`` is aware (UTC) or None where the source has no date; ``language`` is an ISO 639-1
    code, or "" where it is not known. ``id`` is empty until
    :func:`glane_indexer.identity.identify` has set it, except where the source carries ids of its own.
    ``where`` is the place of the record in its file, in words (``line 12``), for reports; it is no part of
    the bookmark, and the catalog does not keep it.
    """

    title: str
    url: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    contributor: str = ""
    created_at: datetime | None = None
    views: int = 0
    kind: Kind = "bookmark"
    language: str = ""
    annotations: tuple[Annotation, ...] = ()
    id: str = ""
    visibility: Visibility = "public"
    where: str = field(default="", compare=False, repr=False)

    @property
    def site(self) -> str:
        """The host of the url, in lower case and without ``www.``; "" without an http(s) url."""
        return _site(self.url)


@lru_cache(8192)
def _site(url: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        return ""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is embedded and matched: the title card, the description, or an annotation.

    ``text`` is a verbatim slice ``[start:end]`` (code points) of its source: the title, the
    description, or the annotation ``annotation_id``. ``hash`` names the text that is embedded (title
    included), so that embeddings are shared by equal passages and survive a rebuild.
    """

    bookmark_id: str
    kind: PassageKind
    text: str
    embedded: str
    hash: str
    annotation_id: str = ""
    start: int = 0

    @property
    def end(self) -> int:
        """Where the passage ends in its source, in code points."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in an imported file that was skipped or repaired, and where."""

    where: str
    message: str
    skipped: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """What a source announces and does not hold (a page of 20 that holds 19, folded highlights)."""

    where: str
    bookmarks: int = 0
    annotations: int = 0


Imported = Bookmark | Problem | Missing
