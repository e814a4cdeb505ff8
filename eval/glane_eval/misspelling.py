"""Seeded misspellings of questions, one in each, as hands make them on a French keyboard (pure)."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise

from glane_indexer.text import fold, is_stop_word, tokens

# Keys above and below one another on a French keyboard, a space where a row has no key.
_KEYBOARD = ("azertyuiop", "qsdfghjklm", "wxcvbn    ")
# Shorter words are left alone: one letter more or less makes another word of them too easily.
LEAST_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A question with a misspelt word: what the word was, what it became, and how."""

    text: str
    kind: str
    word: str
    typed: str


def misspell(text: str, *, seed: int = 0, telling: Collection[str] = ()) -> Misspelt | None:
    """The text with one misspelling in a telling word; None where it has no word long enough.

    Args:
        seed: equal seeds misspell equal texts alike, whatever else is misspelt.
        telling: folded words that matter most, as those of the title that should be found; without one
            of them in the text, its longest words do.
    """
    # The same everywhere: Python's own hash of a text changes with the process.
    chooser = random.Random(f"{seed}\n{text}")  # noqa: S311 - not for secrets
    words = [
        token
        for token in tokens(text)
        if len(token.form) >= LEAST_LENGTH and token.form.isalpha() and not is_stop_word(token.form)
    ]
    if not words:
        return None
    longest = max(len(token.form) for token in words)
    matter = [token for token in words if fold(token.form) in telling]
    chosen = chooser.choice(matter or [token for token in words if len(token.form) == longest])
    word = text[chosen.start : chosen.end]
    kinds = list(KINDS)
    chooser.shuffle(kinds)
    for kind in kinds:
        # Of twins that change places nobody notices anything.
        ways = [typed for typed in KINDS[kind](word) if typed != word]
        if ways:
            typed = chooser.choice(ways)
            return Misspelt(text[: chosen.start] + typed + text[chosen.end :], kind, word, typed)
    return None


def swapped(word: str) -> list[str]:
    """Two neighbouring letters in each other's place; the first letter is hardly ever mistyped."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]


def missing(word: str) -> list[str]:
    """A letter left out."""
    return [word[:at] + word[at + 1 :] for at in range(1, len(word))]


def doubled(word: str) -> list[str]:
    """A letter typed twice."""
    return [word[: at + 1] + word[at:] for at in range(1, len(word))]


def neighbouring(word: str) -> list[str]:
    """The key beside, above or below typed in place of a letter."""
    return [
        word[:at] + key + word[at + 1 :] for at in range(1, len(word)) for key in _BESIDE.get(word[at], ())
    ]


def unaccented(word: str) -> list[str]:
    """One accent left out."""
    return [
        word[:at] + fold(letter) + word[at + 1 :]
        for at, letter in enumerate(word)
        if len(fold(letter)) == 1 and fold(letter) != letter.casefold()
    ]


KINDS: dict[str, Callable[[str], list[str]]] = {
    "swap": swapped,
    "missing": missing,
    "double": doubled,
    "near": neighbouring,
    "accent": unaccented,
}


def _beside() -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    pairs = [pair for row in _KEYBOARD for pair in pairwise(row)]
    pairs += [(upper, lower) for rows in pairwise(_KEYBOARD) for upper, lower in zip(*rows, strict=True)]
    for one, other in pairs:
        if one != " " and other != " ":
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {key: tuple(sorted(keys)) for key, keys in found.items()}


_BESIDE = _beside()
