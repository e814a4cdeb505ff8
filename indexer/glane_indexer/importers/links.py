"""Any page of links, as people and programs write them without the marks of a format (pure).

Each link to the web is a bookmark, the headings above it are its tags, and what stands beside it in its
item of a list or cell of a table describes it. A quotation behind a link is a highlight of that page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from glane_indexer.errors import InputError
from glane_indexer.importers.clean import clean_line, clean_text
from glane_indexer.importers.html_text import parsed_html
from glane_indexer.importers.record import annotation, bookmark
from glane_indexer.importers.source import Source
from glane_indexer.models import Annotation, Imported, Problem

_WEB = re.compile(r"(?i)\s*https?://\S")
# A format of its own.
_MARKED = re.compile(r"(?i)netscape-bookmark|\s(?:add_date|time_added)=|<d[lt][\s>]")
_PARTS = "a[href],h1,h2,h3,h4,h5,h6,blockquote"
_ITEMS = ("li", "dd", "td", "p")
# So much of what such a page says are its links; any other page is somebody's text.
_SHARE = 0.2


@dataclass(slots=True)
class _Link:
    """A link while what belongs to it is read."""

    where: str
    url: str
    title: str
    beside: str
    tags: list[str]
    quotes: list[Annotation | None] = field(default_factory=list)

    def finished(self) -> Iterator[Imported]:
        """The bookmark."""
        yield from bookmark(
            self.where,
            url=self.url,
            title=self.title,
            description=self.beside,
            tags=self.tags,
            annotations=self.quotes,
        )


def recognise(source: Source) -> float:
    """.15 where the links of a page are a good part of what it says."""
    head = source.head
    if _MARKED.search(head):
        return 0.0
    if not head.lstrip("\ufeff \t\r\n").startswith("<") or "href" not in head.lower():
        return 0.0
    try:
        page = parsed_html(head)
    except InputError:
        return 0.0
    page.strip_tags(["script", "style"])
    said = len(page.body.text(strip=True)) if page.body else 0
    linked = sum(len(link.text(strip=True)) for link in page.css("a[href]") if _WEB.match(_href(link)))
    return 0.15 if linked and linked >= said * _SHARE else 0.0


def read(source: Source) -> Iterator[Imported]:
    """The links of the page."""
    page = parsed_html(source.text)
    page.strip_tags(["script", "style", "nav", "header", "footer"])
    above: dict[int, str] = {}
    link: _Link | None = None
    number = 0
    for node in page.css(_PARTS):
        tag = node.tag or ""
        if tag == "blockquote":
            if link:
                link.quotes.append(annotation(clean_text(node.text())))
        elif tag != "a":
            level = int(tag[1])
            above = {upper: name for upper, name in above.items() if upper < level}
            above[level] = clean_line(node.text())
        elif _WEB.match(_href(node)):
            if link:
                yield from link.finished()
            number += 1
            # The heading of the page itself says nothing of one of its links.
            tags = [name for level, name in above.items() if level > 1]
            title = clean_line(node.text())
            link = _Link(f"link {number}", _href(node), title, _beside(node, title), tags)
    if link:
        yield from link.finished()
    else:
        yield Problem("line 1", "no links to the web were found on this page")


def _beside(node: LexborNode, title: str) -> str:
    """What else the item or cell says in which a link stands alone."""
    above = node.parent
    if above is None or above.tag not in _ITEMS or len(above.css("a[href]")) > 1:
        return ""
    text = clean_text(above.text())
    return text.replace(title, "", 1).strip(" \t\n-–—:|,;") if title else text


def _href(node: LexborNode) -> str:
    return (node.attributes.get("href") or "").strip()
