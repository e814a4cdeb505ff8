"""Quotations, for pages, feeds, assistants and adapters: verbatim, placed, linked, fenced (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from glane_indexer.identity import safe_url
from glane_indexer.models import Annotation, Bookmark

if TYPE_CHECKING:
    from glane_service.search.results import Hit, MatchedPassage

Field = Literal["title", "description", "text", "note"]

# A quotation up to this long is named whole in its link; of a longer one, the first and the last words.
FRAGMENT_CHARS = 100
FRAGMENT_WORDS = 5
# Bytes of UTF-8 that a language model's token stands for, on the safe side: tokenizers of today make
# 3.5 to 5 of French and English, and about 3 of Chinese, which has 3 bytes a character.
BYTES_A_TOKEN = 3
# What can be seen by a model and not by a person, or turns the text around it: marks of direction, and
# the tag characters in which instructions have been smuggled.
_UNSEEN = re.compile("[\x80-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {127: "\u2421"}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&~|#!$])|(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_MARKDOWN_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Citation:
    """A quotation: the slice ``[start:end]``, in code points, of one field of a bookmark.

    ``field`` is the bookmark's ``title`` or ``description``, or the ``text`` of ``annotation``, or its
    ``note`` where the annotation is a note alone.
    """

    bookmark: Bookmark
    field: Field
    quote: str
    start: int = 0
    annotation: Annotation | None = None

    @property
    def end(self) -> int:
        """Where the quotation ends in its field, in code points."""
        return self.start + len(self.quote)

    @property
    def author(self) -> str:
        """Who marked it: the annotation's author, or the bookmark's contributor."""
        return (self.annotation.author if self.annotation else "") or self.bookmark.contributor

    @property
    def link(self) -> str:
        """The page's address, at the quotation where that is from the page; "" where it is no address."""
        url = safe_url(self.bookmark.url)
        return text_link(url, self.quote) if self.field == "text" else url

    def clipped(self, tokens: int) -> Citation:
        """The same, cut at its end to about so many tokens; still verbatim."""
        room = max(1, tokens) * BYTES_A_TOKEN
        encoded = self.quote.encode("utf-8", "replace")
        if len(encoded) <= room:
            return self
        kept = len(encoded[:room].decode("utf-8", "ignore"))
        return Citation(self.bookmark, self.field, self.quote[:kept], self.start, self.annotation)


def cite(bookmark: Bookmark, passage: MatchedPassage) -> Citation:
    """The citation of a bookmark's passage."""
    if passage.kind != "annotation":
        return Citation(bookmark, passage.kind, passage.text, passage.start)
    annotation = next((item for item in bookmark.annotations if item.id == passage.annotation_id), None)
    field: Field = "note" if annotation is not None and not annotation.text else "text"
    return Citation(bookmark, field, passage.text, passage.start, annotation)


def cite_hit(hit: Hit) -> Citation:
    """The citation of a result."""
    return cite(hit.bookmark, hit.passage)


# The passages of the bookmarks that answer the common questions are linked to again and again.
@lru_cache(8192)
def text_link(url: str, text: str) -> str:
    """``url`` such that a browser scrolls to ``text``: named whole, or by its first and last words.

    https://wicg.github.io/scroll-to-text-fragment/; "" stays "".
    """
    words = text.split()
    if not url or not words:
        return url
    if len(text.strip()) <= FRAGMENT_CHARS and "\n" not in text.strip():
        fragment = _fragment(words)
    elif len(words) >= 2 * FRAGMENT_WORDS:
        fragment = f"{_fragment(words[:FRAGMENT_WORDS])},{_fragment(words[-FRAGMENT_WORDS:])}"
    else:
        return url
    return f"{url}{'' if '#' in url else '#'}:~:text={fragment}"


def _fragment(words: list[str]) -> str:
    # A dash and a comma have a meaning of their own in a text fragment.
    return quote(" ".join(words), safe="", errors="replace").replace("-", "%2D")


def visible(text: str) -> str:
    """A text that a terminal or a model reads as a person sees it.

    Controls become their pictures (ESC is ``␛``), marks that are not seen become U+FFFD.
    """
    return _UNSEEN.sub("\ufffd", text.translate(_CONTROLS)).encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """A text within a line of other text, in which it cannot begin another."""
    return " ".join(visible(text).split())


def fenced(text: str, kind: str = "quote") -> str:
    """A text as a Markdown block that nothing in the text can end: data, whatever it says."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{kind}\n{visible(text)}\n{ticks}"


def markdown(text: str) -> str:
    """A text within Markdown, none of whose characters mean anything there."""
    escaped = _MARKDOWN.sub(lambda found: "\\" + found[0], visible(text))
    return _MARKDOWN_START.sub(
        lambda found: f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}",
        escaped,
    )


def markdown_quote(text: str) -> str:
    """A text as a Markdown block quote."""
    return "\n".join(f"> {line}".rstrip() for line in markdown(text).split("\n"))


def estimated_tokens(text: str) -> int:
    """About how many tokens a language model makes of a text; rather too many."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)
