"""Bookmarks cut into the passages that are embedded and matched (pure).

A passage is a verbatim slice of the title, the description or one annotation, about
:data:`PASSAGE_CHARS` characters long and cut at the ends of sentences. What is embedded has the title
before it: an annotation alone often does not say what it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from glane_indexer.models import Annotation, Bookmark, Passage, PassageKind
from glane_indexer.text import sentences

# Measured on French questions: passages of 300 to 500 characters rank best (eval/README.md).
PASSAGE_CHARS = 400
# A title is context: past this it would crowd the passage itself out of the encoder's limit.
TITLE_CHARS = 200

CountTokens = Callable[[Sequence[str]], list[int]]


def text_hash(text: str) -> str:
    """The name of a text to embed: 32 hexadecimal digits of its BLAKE2b hash."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def source_text(bookmark: Bookmark, kind: PassageKind, annotation: int = -1) -> str:
    """The text that a passage of this kind is a slice of; ``annotation`` counts from 0."""
    if kind == "title":
        return bookmark.title
    if kind == "description":
        return bookmark.description
    return _said(bookmark.annotations[annotation])


def passages_of(
    bookmark: Bookmark, count_tokens: CountTokens | None = None, max_tokens: int = 512
) -> list[Passage]:
    """All passages of a bookmark: its title card, its description, its annotations in order.

    With ``count_tokens`` (tokens of each text as the encoder will see it) no embedded text has more
    than ``max_tokens``: a piece that would is cut again.
    """
    title = _shorten(bookmark.title)
    found = []
    if title:
        card = _card(bookmark, title)
        found.append(Passage(bookmark.id, "title", bookmark.title, card, text_hash(card)))
    for kind, annotation_id, source in _sources(bookmark):
        for start, end in _pieces(source, title, count_tokens, max_tokens):
            text = source[start:end]
            embedded = f"{title}\n{text}" if title else text
            found.append(
                Passage(bookmark.id, kind, text, embedded, text_hash(embedded), annotation_id, start)
            )
    return found


def document_texts(
    bookmark: Bookmark, count_tokens: CountTokens | None = None, max_tokens: int = 512
) -> list[str]:
    """The whole bookmark as texts within the encoder's limit; its vector is the mean of theirs.

    Windows are as long as the limit allows, so that a bookmark of ordinary size is one text.
    """
    title = _shorten(bookmark.title)
    whole = "\n".join(source for _, _, source in _sources(bookmark))
    if not whole:
        return [title] if title else []
    windows = _pieces(whole, title, count_tokens, max_tokens, chars=3 * max_tokens)
    return [f"{title}\n{whole[start:end]}" if title else whole[start:end] for start, end in windows]


def _card(bookmark: Bookmark, title: str) -> str:
    """The text of the title card: the title and the tags, which say what a bookmark is about."""
    return " · ".join([title, ", ".join(bookmark.tags[:20])]) if bookmark.tags else title


def _shorten(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= TITLE_CHARS else title[:TITLE_CHARS].rsplit(" ", 1)[0]


def _sources(bookmark: Bookmark) -> Iterator[tuple[PassageKind, str, str]]:
    if bookmark.description.strip():
        yield "description", "", bookmark.description
    for annotation in bookmark.annotations:
        if _said(annotation).strip():
            yield "annotation", annotation.id, _said(annotation)


def _said(annotation: Annotation) -> str:
    """What an annotation says: the highlight, or the note where there is nothing else."""
    return annotation.text or annotation.note


def _pieces(
    text: str,
    title: str,
    count_tokens: CountTokens | None,
    max_tokens: int,
    chars: int = PASSAGE_CHARS,
) -> list[tuple[int, int]]:
    """Spans of a text of about ``chars`` characters each, all within the token limit."""
    pieces = [_trim(text, span) for span in _group(text, chars)]
    if count_tokens is None:
        return [piece for piece in pieces if piece[0] < piece[1]]
    checked: list[tuple[int, int]] = []
    pending = [piece for piece in reversed(pieces) if piece[0] < piece[1]]
    # A token is hardly ever shorter than one character, so short pieces need no counting.
    room = max_tokens - len(title) - 16
    while pending:
        start, end = pending.pop()
        if end - start > room and end - start > 1:
            (count,) = count_tokens([f"{title}\n{text[start:end]}"])
            if count > max_tokens:
                middle = _cut(text, start, end)
                pending += [_trim(text, (middle, end)), _trim(text, (start, middle))]
                continue
        if start < end:
            checked.append((start, end))
    return checked


def _group(text: str, chars: int) -> list[tuple[int, int]]:
    """Sentences joined into spans of about equal length, none much over ``chars``."""
    if len(text) <= chars * 5 // 4:
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    for start, end in sentences(text):
        while end - start > chars * 3 // 2:
            cut = _cut(text, start, min(end, start + 2 * chars))
            parts.append((start, cut))
            start = cut
        parts.append((start, end))
    # Equal shares: a short last piece would match questions that it does not answer.
    share = len(text) / max(1, round(len(text) / chars))
    groups: dict[int, tuple[int, int]] = {}
    for start, end in parts:
        number = int((start + end) / 2 / share)
        groups[number] = (groups[number][0] if number in groups else start, end)
    return list(groups.values())


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut a span in two: at the sentence end, comma or space nearest to its middle."""
    middle = (start + end) // 2
    reach = max(1, (end - start) // 4)
    for marks in (".!?…\n", ";:,", " \t\u00a0"):
        near = [
            place + 1
            for place in range(middle - reach, middle + reach)
            if start < place + 1 < end and text[place] in marks
        ]
        if near:
            return min(near, key=lambda place: abs(place - middle))
    return max(start + 1, middle)


def _trim(text: str, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
