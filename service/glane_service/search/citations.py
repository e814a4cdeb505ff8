"""How a passage is quoted with its source, and found again on the page that it was quoted from (pure)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC
from typing import Any
from urllib.parse import quote

from glane_indexer.identity import safe_url
from glane_indexer.models import Bookmark
from glane_service.search.quoting import markdown as markdown_text
from glane_service.search.quoting import text_link


def markdown(bookmark: Bookmark, text: str = "", link: str = "") -> str:
    """A quotation and its source in Markdown; without ``text`` the source alone.

    ``link`` is the address of the source, for a bookmark that has none of its own.
    """
    title = _one_line(bookmark.title) or bookmark.site or bookmark.id
    address = text_link(safe_url(bookmark.url), text) or link
    named = f"[{markdown_text(title)}](<{_bare(address)}>)" if address else markdown_text(title)
    facts = [bookmark.contributor, bookmark.site, _day(bookmark)]
    source = ", ".join([named, *(markdown_text(_one_line(fact)) for fact in facts if fact)])
    if not text.strip():
        return f"{source}\n"
    quoted = "\n".join(f"> {markdown_text(line)}".rstrip() for line in text.strip().splitlines())
    return f"{quoted}\n>\n> — {source}\n"


def plain(bookmark: Bookmark, text: str = "", link: str = "") -> str:
    """A quotation and its source as plain text; without ``text`` the source alone."""
    facts = [
        _one_line(bookmark.title) or bookmark.site or bookmark.id,
        bookmark.contributor,
        bookmark.site,
        _day(bookmark),
        safe_url(bookmark.url) or link,
    ]
    source = ", ".join(_one_line(fact) for fact in facts if fact)
    return f"«\u00a0{text.strip()}\u00a0»\n{source}\n" if text.strip() else f"{source}\n"


def csl(bookmark: Bookmark, text: str = "", link: str = "") -> dict[str, Any]:
    """One item of CSL-JSON (https://citeproc-js.readthedocs.io), the quotation as its note."""
    item: dict[str, Any] = {
        "id": key(bookmark),
        "type": "webpage",
        "title": _one_line(bookmark.title) or bookmark.site or bookmark.id,
    }
    if address := safe_url(bookmark.url) or link:
        item["URL"] = address
    if bookmark.site:
        item["container-title"] = bookmark.site
    if bookmark.description:
        item["abstract"] = bookmark.description
    if bookmark.tags:
        item["keyword"] = ", ".join(bookmark.tags)
    if bookmark.language:
        item["language"] = bookmark.language
    if bookmark.created_at:
        day = bookmark.created_at.astimezone(UTC)
        # The day it was kept: when the page itself was written, a bookmark does not know.
        item["accessed"] = {"date-parts": [[day.year, day.month, day.day]]}
    if text.strip():
        item["note"] = text.strip()
    return item


def csl_json(bookmark: Bookmark, text: str = "", link: str = "") -> str:
    """A CSL-JSON document of one item."""
    return json.dumps([csl(bookmark, text, link)], ensure_ascii=False, indent=2) + "\n"


def bibtex(bookmark: Bookmark, text: str = "", link: str = "") -> str:
    """An entry of BibLaTeX's type ``online``, the quotation as its ``note``."""
    fields = {
        "title": f"{{{_escape_tex(_one_line(bookmark.title) or bookmark.site or bookmark.id)}}}",
        "url": _bare(safe_url(bookmark.url) or link),
        "urldate": _day(bookmark),
        "organization": _escape_tex(bookmark.site),
        "keywords": _escape_tex(", ".join(_one_line(tag).replace(",", " ") for tag in bookmark.tags)),
        "note": _escape_tex(_one_line(text)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value not in ("", "{}")]
    return "\n".join([f"@online{{{key(bookmark)},", *lines, "}"]) + "\n"


def ris(bookmark: Bookmark, text: str = "", link: str = "") -> str:
    """A record of RIS of the type ``ELEC``, the quotation as its note (N1)."""
    day = bookmark.created_at.astimezone(UTC).strftime("%Y/%m/%d") if bookmark.created_at else ""
    pairs = [
        ("TY", "ELEC"),
        ("TI", bookmark.title or bookmark.site or bookmark.id),
        ("UR", safe_url(bookmark.url) or link),
        ("PB", bookmark.site),
        ("Y2", day),
        ("LA", bookmark.language),
        *(("KW", tag) for tag in bookmark.tags),
        ("AB", bookmark.description),
        ("N1", text),
    ]
    lines = [f"{tag}  - {_one_line(value)}" for tag, value in pairs if _one_line(value)]
    return "\r\n".join([*lines, "ER  - ", ""])


FORMATS: dict[str, tuple[Callable[[Bookmark, str, str], str], str]] = {
    "md": (markdown, "text/markdown"),
    "txt": (plain, "text/plain"),
    "bib": (bibtex, "text/plain"),
    "csl": (csl_json, "application/json"),
    "ris": (ris, "application/x-research-info-systems"),
}
"""Every form of a citation: what writes it, from a bookmark, a quotation and a link; its media type."""


def key(bookmark: Bookmark) -> str:
    """A citation key that any tool takes: the first telling word, the year, the id's beginning."""
    word = next((part for part in plain_words(bookmark.title) if len(part) > 3), "signet")
    year = str(bookmark.created_at.year) if bookmark.created_at else ""
    return f"{word}{year}-{re.sub('[^A-Za-z0-9]', '', bookmark.id)[:8]}"


def plain_words(text: str) -> list[str]:
    """The words of a text in plain small letters and digits, for keys and file names."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z0-9]+", folded)


def _day(bookmark: Bookmark) -> str:
    return bookmark.created_at.astimezone(UTC).date().isoformat() if bookmark.created_at else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _bare(address: str) -> str:
    """An address that ends neither Markdown's ``<…>`` nor TeX's ``{…}``."""
    return re.sub(r"[<>{}\\\s]", lambda match: quote(match[0], errors="replace"), address)


def _escape_tex(text: str) -> str:
    named = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return re.sub(r"[\\~^{}#$%&_]", lambda match: named.get(match[0], f"\\{match[0]}"), text)
