"""Is this sentence in the library, verbatim or nearly, and where? (pure)"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from glane_indexer.models import Bookmark
from glane_indexer.text import fold
from glane_service.search.quoting import Citation

# A sentence of fewer words is in most libraries by chance.
MIN_WORDS = 3
# Of the words of a sentence and of a passage, in order, the share that are the same: below it, a passage
# says something alike, and does not quote.
NEARLY = 0.75
_WORD = re.compile(r"\w+")
# The same mark, whichever a keyboard or a typesetter has put there.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ´`", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‐‑‒–—−", "-"),
        "…": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a sentence was found; ``similarity`` is the share of words that are the same, in order.

    ``verbatim``: the same characters, apart from spaces and the style of quotation marks and dashes.
    """

    citation: Citation
    similarity: float
    verbatim: bool


def find(sentence: str, bookmarks: Iterable[Bookmark], limit: int = 10) -> list[Found]:
    """The places that quote a sentence, verbatim ones first, then the most similar."""
    wanted = _words(sentence)
    if len(wanted) < MIN_WORDS:
        return []
    found = []
    for bookmark in bookmarks:
        for source in _fields(bookmark):
            span = _best_span(source.quote, [word for word, _, _ in wanted])
            if span is not None:
                start, end, similarity = span
                quote = source.quote[start:end]
                citation = Citation(bookmark, source.field, quote, start, source.annotation)
                verbatim = _characters(quote) == _characters(sentence)
                found.append(Found(citation, similarity, verbatim))
    found.sort(key=lambda item: (not item.verbatim, -item.similarity, item.citation.bookmark.id))
    return found[:limit]


def words_of(sentence: str) -> list[str]:
    """The words of a sentence as they are written, without what a question would take for an operator."""
    return [match[0] for match in _WORD.finditer(sentence)]


def _fields(bookmark: Bookmark) -> Iterator[Citation]:
    """Every text of a bookmark, whole."""
    yield Citation(bookmark, "title", bookmark.title)
    if bookmark.description:
        yield Citation(bookmark, "description", bookmark.description)
    for annotation in bookmark.annotations:
        if annotation.text:
            yield Citation(bookmark, "text", annotation.text, 0, annotation)
        if annotation.note:
            yield Citation(bookmark, "note", annotation.note, 0, annotation)


def _words(text: str) -> list[tuple[str, int, int]]:
    """The words of a text without case and accents, and where each stands."""
    return [(fold(match[0].casefold()), *match.span()) for match in _WORD.finditer(text)]


def _best_span(text: str, wanted: Sequence[str]) -> tuple[int, int, float] | None:
    """The part of a text that is most like a sentence's words, if any quotes it: start, end, similarity."""
    words = _words(text)
    forms = [word for word, _, _ in words]
    start = _densest(forms, wanted)
    if start is None:
        return None
    # One word more on each side for each that was put in.
    first = max(0, start - len(wanted) // 4)
    window = forms[first : start + len(wanted) + len(wanted) // 4]
    blocks = [
        block
        for block in SequenceMatcher(None, window, wanted, autojunk=False).get_matching_blocks()
        if block.size
    ]
    if not blocks:
        return None
    begin, end = first + blocks[0].a, first + blocks[-1].a + blocks[-1].size
    similarity = 2 * sum(block.size for block in blocks) / (end - begin + len(wanted))
    return (words[begin][1], words[end - 1][2], similarity) if similarity >= NEARLY else None


def _densest(forms: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Where the window of as many words begins that shares most words with a sentence."""
    left, shared, best, place = Counter(wanted), 0, 0, None
    for end, form in enumerate(forms):
        shared += left[form] > 0
        left[form] -= 1
        start = end - len(wanted)
        if start >= 0:
            left[forms[start]] += 1
            shared -= left[forms[start]] > 0
        if shared > best:
            best, place = shared, max(0, start + 1)
    # With fewer no part of the text, however short, can be as similar as NEARLY.
    return place if best >= len(wanted) * NEARLY / (2 - NEARLY) else None


def _characters(text: str) -> str:
    """A text without what may differ in a verbatim quotation."""
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS))
    return "".join(plain.split()).strip("\"'.,;:!?-()[]")
