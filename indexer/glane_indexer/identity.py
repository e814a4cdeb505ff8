"""Stable ids: the same bookmark has the same id in every import, whatever file it comes from (pure)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

import orjson

from glane_indexer.models import Annotation, Bookmark

# Parameters that say where a reader came from and nothing about the page.
_TRACKING = frozenset(
    (
        *(
            "fbclid",
            "gclid",
            "dclid",
            "gbraid",
            "wbraid",
            "msclkid",
            "yclid",
            "twclid",
            "ttclid",
            "srsltid",
        ),
        *("igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "xtor"),
        *("_ga", "_gl", "ref_src", "ref_url"),
    )
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Past this no url is a page's address, and browsers cut it.
MAX_URL = 8192


@lru_cache(8192)
def safe_url(url: str) -> str:
    """The url where it is an http(s) address and may become a link; otherwise ""."""
    if len(url) > MAX_URL or not url.lower().startswith(("http://", "https://")):
        return ""
    # Browsers drop tabs and line ends inside a url before they read it, and spaces end it in a text.
    if any(ord(character) <= 32 or character in '"<>\\' or ord(character) == 127 for character in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.hostname and (parts.port is None or parts.port > 0) else ""
    except ValueError:
        return ""


def canonical_url(url: str) -> str:
    """The form of a url that is the same for all ways to write the address of one page.

    http and https, capitals in the host, a default port, a final slash and tracking parameters make no
    difference, nor does a fragment, unless it is a route: ``#/…`` and ``#!…`` are pages of their own.
    ``www.`` and ``m.`` belong to the host. What is not http(s) stays as it is.
    """
    return _canonical(url, _route)


def _route(fragment: str) -> str:
    """The part of a fragment that names a page; "" where it is a place on one."""
    return fragment.rstrip("/") if fragment.startswith(("/", "!")) else ""


def _canonical(url: str, route: Callable[[str], str], *, www: bool = True) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not parts.hostname:
        return url
    host = (parts.hostname if www else parts.hostname.removeprefix("www.")).rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    if port not in (None, _DEFAULT_PORTS[scheme]):
        host = f"{host}:{port}"
    query = parts.query
    if query and ("utm_" in query or any(name in query for name in _TRACKING)):
        # The others stay as they are written: to write them anew would make another address of them.
        names = ((part, part.split("=", 1)[0]) for part in query.split("&"))
        query = "&".join(
            part for part, name in names if not name.startswith("utm_") and name not in _TRACKING
        )
    return urlunsplit(("https", host, parts.path.rstrip("/"), query, route(parts.fragment)))


@lru_cache(maxsize=1 << 14)
def page_id(url: str, library: str = "") -> str:
    """The id of a bookmark of this page that has none of its own."""
    return _digest(library, "url", canonical_url(url))


def first_edition_id(url: str, library: str = "") -> str:
    """The id that version 0.1 gave the page; another one with ``www.`` or a route, which it left out."""
    old = _canonical(url, lambda fragment: fragment if fragment.startswith("!") else "", www=False)
    return _digest(library, "url", old)


def second_id(url: str, library: str = "") -> str:
    """The id of a page whose own one another page has, as happens in a library of version 0.1."""
    return _digest(library, "url", canonical_url(url), "second")


def identify(bookmark: Bookmark, library: str = "") -> Bookmark:
    """The bookmark with an id, and an id on each of its annotations; ids it has already stay.

    A bookmark is told by its url; one without a url by its title and contributor. An annotation is
    told by its text and author within its bookmark; one that is a note alone, by the note.

    Args:
        library: what the ids are for, so that two libraries need not share them.
    """
    identifier = bookmark.id
    if not identifier:
        identifier = (
            page_id(bookmark.url, library)
            if bookmark.url.strip()
            else _digest(library, "title", plain(bookmark.title), plain(bookmark.contributor))
        )
    annotations = tuple(
        annotation
        if annotation.id
        # Not `replace`, which takes several times as long: an import makes one for each highlight.
        else Annotation(
            annotation.text,
            annotation.note,
            annotation.author,
            annotation.created_at,
            annotation_id(identifier, annotation, bookmark.contributor),
        )
        for annotation in bookmark.annotations
    )
    return replace(bookmark, id=identifier, annotations=annotations)


def content_hash(bookmark: Bookmark) -> str:
    """The name of a stored bookmark's content: 32 hexadecimal digits, others after any change of it."""
    return hashlib.blake2b(orjson.dumps(bookmark), digest_size=16).hexdigest()


def annotation_id(bookmark_id: str, annotation: Annotation, contributor: str) -> str:
    """The id of an annotation that has none of its own, of a bookmark by this contributor."""
    # One's own highlight is the same whether the source names its author or not.
    author = "" if annotation.author == contributor else annotation.author
    text = plain(annotation.text)
    return _digest(bookmark_id, author, text or "note", "" if text else plain(annotation.note))


def plain(text: str) -> str:
    """The text without differences that a copy or an export brings in."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _digest(*facts: str) -> str:
    """16 hexadecimal digits: among a million bookmarks two collide with a chance of 3 in 10^8."""
    joined = "\x1f".join(facts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:16]
