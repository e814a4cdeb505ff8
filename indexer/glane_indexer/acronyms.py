"""Acronyms and what they stand for, where a text spells it out (pure).

``délégué à la protection des données (DPO)`` and ``DPO (délégué à la protection des données)`` both say it.
An index keeps each definition as a word of its own, which no text can hold (:func:`entry`), so that it
lives and dies with the bookmarks that spell it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glane_indexer.text import Token, fold, is_stop_word, tokens

# Letters and digits of an acronym, dots aside.
SHORTEST, LONGEST = 2, 8
# What every entry begins with.
MARK = "("
_SHORT = r"[^\W\d_][\w.&-]{1,9}"
_BRACKETED = re.compile(rf"\(\s*({_SHORT})\s*\)")
_BEFORE_BRACKETS = re.compile(rf"(?<!\w)({_SHORT}) ?\(([^()]{{5,100}})\)")
# Before the brackets, no further back than this, and not past the end of a clause.
_REACH = 120
_CLAUSE = re.compile(r"[.;:!?\n()]")
# Words that an acronym may pass over, beside the function words of its language.
_SMALL = 3


class Definition(NamedTuple):
    """An acronym, folded, and the exact forms of the words that it stands for."""

    acronym: str
    words: tuple[str, ...]


def definitions(text: str) -> Iterator[Definition]:
    """What a text says that its acronyms stand for, in no particular order."""
    if "(" not in text:
        return
    for match in _BRACKETED.finditer(text):
        before = _CLAUSE.split(text[max(0, match.start() - _REACH) : match.start()])[-1]
        yield from _defined(match[1], tokens(before))
    for match in _BEFORE_BRACKETS.finditer(text):
        inside = tokens(match[2])
        # All that stands in the brackets, or all up to a comma.
        clause = tokens(re.split(r"[,;:]", match[2])[0])
        for words in (inside, clause):
            found = list(_defined(match[1], words))
            if found and len(found[0].words) == len(words):
                yield found[0]
                break


def entry(definition: Definition) -> str:
    """A definition as a word of the index."""
    return f"{MARK}{definition.acronym}={' '.join(definition.words)}"


def read_entry(word: str) -> Definition:
    """The definition that :func:`entry` made a word of."""
    acronym, _, words = word.removeprefix(MARK).partition("=")
    return Definition(acronym, tuple(words.split(" ")))


def _defined(short: str, words: Sequence[Token]) -> Iterator[Definition]:
    """The definition of an acronym by the last of some words, if their first letters spell it."""
    capitals = sum(letter.isupper() for letter in short)
    letters = [letter for letter in fold(short.casefold()) if letter.isalnum()]
    if capitals < SHORTEST or not SHORTEST <= len(letters) <= LONGEST:
        return
    forms = [token.form for token in words][-2 * LONGEST :]
    first = _spelt(letters, forms)
    if first is None and capitals == len(letters):
        first = _borrowed(letters, forms)
    if first is not None and sum(not is_stop_word(form) for form in forms[first:]) >= SHORTEST:
        yield Definition("".join(letters), tuple(forms[first:]))


def _spelt(letters: Sequence[str], forms: Sequence[str]) -> int | None:
    """Where the words begin whose first letters are these, the last word included; None: they do not.

    A function word may give its letter or be passed over, and is never the first.
    """
    # How many letters may still be to be found, read from the end.
    open_ends = {len(letters)}
    for place in range(len(forms) - 1, -1, -1):
        form, function = fold(forms[place]), is_stop_word(forms[place])
        taken = {left - 1 for left in open_ends if left and form[0] == letters[left - 1]}
        if 0 in taken and not function:
            return place
        open_ends = (taken - {0}) | (open_ends if function or len(form) <= _SMALL else set())
    return None


def _borrowed(letters: Sequence[str], forms: Sequence[str]) -> int | None:
    """The same for an acronym of another language: ``délégué à la protection des données (DPO)``.

    The words begin with its first letter, half of its letters are theirs in order, and there are hardly
    more of them than letters.
    """
    telling = 0
    for place in range(len(forms) - 1, -1, -1):
        telling += not is_stop_word(forms[place])
        if telling > len(letters) + 1:
            return None
        if fold(forms[place])[0] != letters[0] or is_stop_word(forms[place]):
            continue
        found = 0
        for form in forms[place:]:
            fits = found < len(letters) and fold(form)[0] == letters[found]
            found += fits and not is_stop_word(form)
        if telling >= SHORTEST and found >= max(SHORTEST, len(letters) / 2):
            return place
    return None
