"""Folded words as a library writes them, and the last word of a question that is still being typed."""

from __future__ import annotations

from collections.abc import Iterable

from glane_indexer.index.protocol import Field, View
from glane_indexer.text import fold, tokens

# Two letters begin too many words for one of them to be meant; titles and tags name what is asked for.
SHORTEST_COMPLETED = 3
COMPLETED_FROM: tuple[Field, ...] = ("title", "tags", "text")


def written_in(texts: Iterable[str], folded: str) -> str:
    """A folded word as the first of these texts that holds it writes it; as it is where none does."""
    for text in texts:
        for token in tokens(text):
            if fold(token.form) == folded:
                return token.form
    return folded


def completed(view: View, text: str) -> str:
    """A question that is still being typed, its last word completed where no bookmark has it.

    Where it is too short for that and not the only one, the words before it are the question.
    """
    found = tokens(text)
    if not found or found[-1].end != len(text) or not found[-1].form.isalpha():
        return text
    start, prefix = found[-1].start, fold(found[-1].form)
    if any(word == prefix for field in COMPLETED_FROM for word, _ in view.words(prefix, field=field)):
        return text
    if len(prefix) < SHORTEST_COMPLETED:
        return text[:start].rstrip() or text
    return text[:start] + (_completion(view, prefix) or text[start:])


def _completion(view: View, prefix: str) -> str:
    """The word of most titles that begins so, else of tags or texts; "" where there is none."""
    for field in COMPLETED_FROM:
        for word, _ in view.words(prefix, 1, field=field):
            # A tag or a title writes it with its accents.
            return written_in(
                (held for pairs in view.completions(word, 1).values() for held, _ in pairs), word
            )
    return ""
