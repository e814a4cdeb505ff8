"""Text analysis: words with their places, accents, stems and sentences (pure).

The same analysis is used for the index, for questions and for highlights, so what matched is what is
marked. Offsets are code points of the text as it was given.

A word has three forms, from the most telling to the least: *exact* (lower case, one apostrophe,
ligatures opened), *folded* (accents off as well) and *stemmed* (Snowball, then folded: the French
stemmer needs the accents that folding takes away). Elided articles are words of their own, so
``l’emploi`` holds the word ``emploi`` at its own place.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

# Part of a generation's manifest: an index made with another analysis answers wrongly.
ANALYSIS_VERSION = 5

STEMMED_LANGUAGES = {"fr": "french", "en": "english"}

# Scripts written without spaces: every character is a word.
_UNSPACED = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Marks that are not \w for Python but belong to the word they stand in.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0900-\u0903\u093a-\u094f\u0962\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
)
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}](?:[^\\W_{_UNSPACED}]|[{_MARKS}])*")
_HYPHENS = "-\u2010\u2011\u00ad"
_APOSTROPHES = "'\u2019\u02bc\uff07"
# Words that hold an apostrophe and are one word all the same.
_WHOLE = re.compile(
    f"(?i:aujourd[{_APOSTROPHES}]hui|prud[{_APOSTROPHES}]hom\\w+|presqu[{_APOSTROPHES}]île)"
)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ĳ": "ij", "’": "'", "ʼ": "'", "＇": "'"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it stands in a text: its exact form, and the code points ``[start, end)`` it covers."""

    form: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a text, in order, elisions split off and hyphenated words in their parts."""
    found = []
    # The modifier letter counts as a letter; in French it is typed for an apostrophe.
    text = text.replace("\u02bc", "\u2019")
    whole = {match.start(): match.end() for match in _WHOLE.finditer(text)}
    skip_to = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        if start < skip_to:
            continue
        if start in whole:
            end = skip_to = whole[start]
        found.append(Token(exact(text[start:end]), start, end))
    return found


def compounds(text: str, words: list[Token]) -> Iterator[Token]:
    """The hyphenated words of a text joined up (``plateforme``; ``covid19`` of ``covid-19``).

    They are searched beside their parts, since writers do not agree on the hyphen. Two numbers are no word.
    """
    for left, right in pairwise(words):
        if right.start == left.end + 1 and text[left.end] in _HYPHENS:
            # The verb and pronoun of a question (est-ce, a-t-il) make no word.
            if is_stop_word(left.form) and is_stop_word(right.form):
                continue
            joined = left.form + right.form
            if joined.isalnum() and not joined.isdigit():
                yield Token(joined, left.start, right.end)


@lru_cache(maxsize=1 << 16)
def exact(word: str) -> str:
    """A word's exact form: NFKC, lower case, ligatures opened, one kind of apostrophe."""
    return unicodedata.normalize("NFKC", word).casefold().translate(_LIGATURES)


@lru_cache(maxsize=1 << 16)
def fold(form: str) -> str:
    """An exact form without its accents."""
    return _without_accents(form)


def fold_text(text: str) -> str:
    """A whole text in lower case and without accents, for cheap tests of what it can hold."""
    return _without_accents(text.casefold().translate(_LIGATURES))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


class _Stemmers(threading.local):
    """The stemmers of one thread: each holds the word that it is at work on."""

    def __init__(self) -> None:
        import Stemmer

        # Without a cache of its own: `stem` has one.
        self.by_language = {
            code: Stemmer.Stemmer(name, maxCacheSize=0) for code, name in STEMMED_LANGUAGES.items()
        }


_stemmers = _Stemmers()


@lru_cache(maxsize=1 << 17)
def stem(form: str, language: str) -> str:
    """The folded stem of an exact form in French or English; in other languages its folded form.

    A text too short to tell its language is taken for French, as most are.
    """
    language = language or "fr"
    if language not in STEMMED_LANGUAGES or not form.isalpha():
        return fold(form)
    stemmed = fold(_stemmers.by_language[language].stemWord(form))
    # The French stemmer leaves the plural of words in -i, -o and -u as it is: emplois, lois.
    if language == "fr" and len(stemmed) > 3 and stemmed.endswith(("is", "os", "us")):
        return stemmed[:-1]
    return stemmed


@lru_cache(maxsize=1 << 14)
def query_stems(form: str) -> tuple[str, ...]:
    """The stems a question's word may have in the index, whatever the language of the bookmark.

    A word typed without accents is also stemmed with the accents that a French ending may have lost
    (``donnees`` as ``données``), since the stemmer would otherwise cut it elsewhere.
    """
    found = {stem(form, language): None for language in ("fr", "en")}
    found[fold(form)] = None
    if form.isascii():
        for plain, accented in _LOST_ACCENTS:
            if form.endswith(plain) and len(form) > len(plain) + 2:
                found[stem(form[: -len(plain)] + accented, "fr")] = None
    return tuple(found)


_LOST_ACCENTS = (("ees", "ées"), ("ee", "ée"), ("es", "és"), ("e", "é"), ("er", "ér"))

_STOP_FR = """
a ai aie aient aies ait alors as au aucun aucune aussi autre autres aux avaient avais avait avec
avez aviez avions avoir avons ayant bien c ca car ce ceci cela celle celles celui ces cet cette ceux
chaque chez ci comme comment d dans de des dès donc dont du elle elles en encore entre es est et
étaient étais était étant été êtes être eu eux fait faut font furent fut hors ici il ils j je jusqu
l la là laquelle le lequel les lesquelles lesquels leur leurs lors lorsqu lorsque lui m ma mais me
même mêmes mes moi mon n ne ni non nos notre nous on ont ou où par parce pas pendant peu peut
peuvent plus plusieurs pour pourquoi puis puisqu puisque qu quand que quel quelle quelles quels qui
quoi s sa sans se selon sera serait seront ses si sien soit son sont sous sur t ta tandis te tel
telle telles tels tes toi ton tous tout toute toutes très tu un une vers voici voilà vos votre vous
y à ça aujourd existe combien
suis sommes étions étiez serai seras serez serions seriez serons soient soyez soyons fus fût
peux pouvez pouvons pourra pourrai pourrais pourrait dois doit doivent devez devons devrais devrait
vais va vas vont allez allons veux veut voulez voulons
"""
_STOP_EN = """
a about after all also an and any are as at be because been before being between both but by can
could did do does doing during each for from further had has have having he her here hers him his
how i if in into is it its itself just me more most my no nor not now of off on once only or other
our ours out over own same she should so some such than that the their theirs them then there these
they this those through to too under until up very was we were what when where which while who whom
why will with would you your yours s t
"""
STOP_WORDS = {
    "fr": frozenset(_STOP_FR.split()) - {"aujourd", "existe"},
    "en": frozenset(_STOP_EN.split()),
}
ALL_STOP_WORDS = STOP_WORDS["fr"] | STOP_WORDS["en"]


def is_stop_word(form: str) -> bool:
    """Whether a word says nothing by itself in French or in English, accented or not."""
    return form in ALL_STOP_WORDS or form in _FOLDED_STOP_WORDS


_FOLDED_STOP_WORDS = frozenset(fold(word) for word in ALL_STOP_WORDS)

_SENTENCE_END = re.compile(r"""(?:[.!?…]+[»”"')\]]*|[。！？]|\n\s*)(?:\s+|(?<=[。！？\n])|$)""")
# After these a full stop does not end a sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-ZÀ-Ý]|M|MM|Mme|Mlle|Dr|Pr|St|Ste|p|pp|art|al|cf|ex|etc|vol|no|n°|fig|env|ed|éd|Mr|Mrs|Ms|vs"
    r"|e\.g|i\.e|c\.-à-d))\.\s+$"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of a text's sentences; together they cover it whole, spaces after a sentence with it."""
    spans = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
        if end <= start or _ABBREVIATION.search(text, start, end):
            continue
        spans.append((start, end))
        start = end
    if start < len(text):
        spans.append((start, len(text)))
    return spans
