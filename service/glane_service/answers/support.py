"""Does a passage support a sentence? By words, by figures and names, and by meaning (pure).

This finds inventions: other figures, other names, addresses, a "not" more or less, another subject. It is
no proof: a sentence that turns round who did what with a passage's own words passes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glane_indexer.text import fold, is_stop_word, tokens
from glane_service.search.matching import Matcher

# Share of a sentence's words that its passages have, from which on half the nearness is enough.
WORDS = 0.7
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f ]\d+)*")
_NAME = re.compile(r"(?<=[^\W\d_][ ,;:’'])(?<![.!?…] )[A-ZÀ-ÖØ-Þ][\w’'-]+")
_ADDRESS = re.compile(r"https?:|www\.|\]\(|<\w", re.IGNORECASE)
_NOT = frozenset(
    (
        *(
            "pas",
            "jamais",
            "aucun",
            "aucune",
            "rien",
            "ni",
            "nullement",
            "not",
            "never",
            "none",
            "neither",
            "nor",
        ),
        *("cannot", "nicht", "kein", "keine", "nie", "nunca", "ningún", "ninguna", "without", "sans", "no"),
    )
)
_CONTRACTED = re.compile(r"\b(\w+)n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scale:
    """Cosines of one encoder: of texts that have nothing to do with each other, and what counts as near.

    Half of the way from unrelated to the same is near. With multilingual-e5-small unrelated is .77; true
    paraphrases of passages, also in another language, were mostly at .886 and more, inventions on the same
    subject at .871 and less.
    """

    unrelated: float

    @property
    def near(self) -> float:
        """From here on a sentence says what a passage says."""
        return (1 + self.unrelated) / 2

    @property
    def half(self) -> float:
        """From here on it speaks of the same, and its words decide."""
        return (self.near + self.unrelated) / 2


def supported(
    sentence: str, question: str, passages: Sequence[str], cosines: Sequence[float], scale: Scale
) -> bool:
    """Whether passages support a sentence that cites them.

    Args:
        sentence: without its citations.
        question: what was asked; its figures and names may be repeated.
        passages: the texts that are cited, title and all.
        cosines: of the sentence with each of them.
        scale: of the encoder that they come from.
    """
    if not passages or _ADDRESS.search(sentence):
        return False
    known = "\n".join((question, *passages))
    if _numbers(sentence) - _numbers(known) or _names(sentence) - _words(known):
        return False
    best = max(cosines)
    if _negated(sentence) != _negated(_nearest_part(sentence, passages)):
        return False
    return best >= scale.near or (best >= scale.half and coverage(sentence, passages) >= WORDS)


def coverage(sentence: str, passages: Sequence[str]) -> float:
    """The share of a sentence's telling words that the passages have, in any of their forms."""
    words = tuple(dict.fromkeys(token.form for token in tokens(sentence) if not is_stop_word(token.form)))
    if not words:
        return 0.0
    return len(Matcher(words).found_in(passages, "")) / len(words)


def _numbers(text: str) -> set[str]:
    """Figures in one form: 1 540 and 1540, 6,40 and 6.4 are the same."""
    found = set()
    for match in _NUMBER.finditer(text):
        plain = re.sub(r"[\u00a0\u202f ]", "", match[0]).replace(",", ".")
        found.add(plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain)
    return found


def _names(text: str) -> set[str]:
    """The words that are capitalised within a sentence."""
    return {_plain(match[0]) for match in _NAME.finditer(text)}


def _words(text: str) -> set[str]:
    return {_plain(word) for word in re.findall(r"[\w’'-]+", text)} | {
        _plain(part) for part in re.findall(r"\w+", text)
    }


def _plain(word: str) -> str:
    return fold(word.casefold()).strip("’'-")


def _negated(text: str) -> bool:
    words = set(re.findall(r"\w+", text.casefold()))
    return bool(words & _NOT) or bool(_CONTRACTED.search(text))


def _nearest_part(sentence: str, passages: Sequence[str]) -> str:
    """The sentence of the passages that shares most words with this one."""
    wanted = _words(sentence)
    parts = [part for passage in passages for part in re.split(r"(?<=[.!?…])\s+|\n+", passage) if part]
    return max(parts, key=lambda part: len(wanted & _words(part)), default="")
