"""HTML from strangers: parsed only where it is not nested deeper than any page (pure)."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from glane_indexer.errors import InputError
from glane_indexer.importers.clean import clean_text

# Elements that are always closed, so that what is open says how deep a page is.
_NESTING = re.compile(
    r"<(/?)(?:div|span|ul|ol|dl|blockquote|table|section|article|main|nav|b|i|u|em|strong|font|small|big"
    r"|center|form|fieldset|figure|details|q|sub|sup|code|pre|svg|g|object)\b",
    re.IGNORECASE,
)
_DEEPEST = 10_000


def parsed_html(text: str) -> LexborHTMLParser:
    """The page of a text.

    Raises:
        InputError: elements are nested so deeply that to read them would take hours.
    """
    depth = 0
    for found in _NESTING.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > _DEEPEST:
            raise InputError(f"elements are nested more than {_DEEPEST:,} deep, which no page does")
    return LexborHTMLParser(text)


def page_text(html: str) -> str:
    """What a piece of HTML says, a line for each of its blocks.

    Raises:
        InputError: as :func:`parsed_html`.
    """
    if "<" not in html:
        return html
    tree = parsed_html(html)
    for node in tree.css("p,br,div,li,h1,h2,h3,blockquote"):
        node.insert_after("\n")
    return clean_text(tree.text())
