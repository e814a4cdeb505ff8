"""What to offer while a question is typed: titles, tags, contributors and known questions (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from glane_indexer.text import fold_text

SuggestionKind = Literal["tag", "contributor", "question", "title"]
# At equal merit, what is few and short first; a question that has an answer before a title.
_PRIORITY: tuple[SuggestionKind, ...] = get_args(SuggestionKind)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One completion, and what in the library it names."""

    kind: SuggestionKind
    text: str


def suggestions(
    completions: Mapping[str, Sequence[tuple[str, int]]], typed: str, limit: int = 8
) -> list[Suggestion]:
    """The best completions of what is typed, accents and case aside.

    Those that begin as all that is typed come first, then tags, contributors, questions and titles, of each
    the heaviest first; a text that is of two kinds comes once.

    Args:
        completions: of each kind the texts that complete it, with their weights, as
            :meth:`glane_indexer.index.protocol.View.completions` gives them.
    """
    start = fold_text(" ".join(typed.split()))
    ranked = sorted(
        (not fold_text(text).startswith(start), place, -weight, text)
        for place, kind in enumerate(_PRIORITY)
        for text, weight in completions.get(kind, ())
    )
    # A tag that is asked for as well is one offer, not two.
    first: dict[str, Suggestion] = {}
    for _, place, _, text in ranked:
        first.setdefault(fold_text(text), Suggestion(_PRIORITY[place], text))
    return list(first.values())[:limit]
