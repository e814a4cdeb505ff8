"""What the words of a question count in one library (pure but for the view that it asks).

Scores of words are in nats: BM25's inverse document frequency is the surprise at finding a word. A cosine
is weighed against it (:mod:`.parameters`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glane_indexer.index.protocol import K1, Field, Floats, Rows, Term, View
from glane_indexer.text import fold, query_stems
from glane_service.search.ranking.parameters import Parameters

# Everything together ranks better than a sum over fields, in which a title of three words outweighs all
# that is said below it. The title has a word of its own beside it; stems only.
EVERYTHING: tuple[Field, ...] = ("text",)
# Words that a library of few texts in a language may lack by chance weigh as much as this, in nats.
_DOUBT = 3.0
# Of a question in the library's language at least this share of the words stands somewhere in it. Where
# fewer do, it is in another language: the words that are found are names, or look like others by chance.
_FAMILIAR = 0.7
# Below the first share of titles that are a bookmark's own they tell nothing, from the second on all.
_OWN = (0.3, 0.8)
# The same of a title's part in all the words of its bookmark: a few words above forty annotations name
# what they are about, and not what one of them says.
_PART = (0.01, 0.05)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question: its stems as terms of the whole text, and what it weighs, in nats."""

    text: str
    stems: tuple[Term, ...]
    weight: float
    known: bool

    def terms(self, field: Field) -> list[Term]:
        """Its stems in another field."""
        return [Term(field, "stem", term.word) for term in self.stems]


@dataclass(frozen=True, slots=True)
class Question:
    """The words of a question beside the texts of a library.

    ``bound`` is the most that a bookmark's words can score, ``possible`` the share of the question's weight
    that the bookmarks can hold at all, languages considered (1 in a library of one language), and
    ``telling`` how much titles tell there, 0 to 1.
    """

    words: tuple[Word, ...]
    weights: tuple[tuple[Term, float], ...]
    bound: float
    possible: float
    telling: float

    @property
    def unknown(self) -> float:
        """The share of its words that stand in no bookmark."""
        return sum(not word.known for word in self.words) / max(1, len(self.words))

    @property
    def familiar(self) -> float:
        """What its words count by how many of them the library knows, 0 to 1."""
        return min(1.0, (1 - self.unknown) / _FAMILIAR) ** 2

    def held(self, view: View, rows: Rows) -> tuple[Floats, Floats]:
        """Of each bookmark the share of its title that the question covers, and whether it holds every
        word of the question (1) or not (0)."""
        nothing = np.zeros(len(rows), np.float32)
        # What no bookmark holds is in no title either.
        words = [word for word in self.words if word.known]
        if not words or not len(rows):
            return nothing, nothing
        # Where one is in no bookmark, none holds them all: the others need not be looked for in the text.
        fields: tuple[Field, ...] = ("title",) if self.unknown else ("title", "text")
        terms = [term for field in fields for word in words for term in word.terms(field)]
        sizes = np.array([len(word.stems) for word in words] * len(fields))
        starts = np.cumsum(sizes) - sizes
        holds = np.logical_or.reduceat(view.term_weights(terms, rows) > 0, starts, axis=1)
        weights = np.array([word.weight for word in words], np.float32)
        masses = view.title_masses(rows)
        covered = np.minimum(1, holds[:, : len(words)] @ weights / np.maximum(masses, np.float32(1e-6)))
        return (
            np.asarray(np.where(masses > 0, covered, 0), np.float32),
            nothing if self.unknown else np.asarray(holds[:, len(words) :].all(axis=1), np.float32),
        )


def weigh(view: View, words: Sequence[str], fields: Sequence[Field], parameters: Parameters) -> Question:
    """What each term of a question counts in this library.

    A word counts by its stems, by its exact form and by its form without accents. All stems of a word are
    worth what the most common of them is: BM25 rewards what is rare, and a spelling that hardly anybody
    uses would come before the usual one.

    Args:
        words: exact forms, as :func:`glane_indexer.text.tokens` gives them.
        fields: where they are looked for; :data:`EVERYTHING` for all.
    """
    telling = telling_of(view.distinct_titles, title_part(view))
    whole = tuple(fields) == EVERYTHING
    stems = {
        word: tuple(Term("text", "stem", text) for text in query_stems(word))
        for word in dict.fromkeys(words)
    }
    weight = _Weights(view, stems, (*fields, "title") if whole and telling else fields)
    found = tuple(Word(word, terms, weight(terms), weight.known(terms)) for word, terms in stems.items())
    exact, folded = parameters.exact_weight, parameters.folded_weight
    # A term frequency's part of BM25 is below k1 + 1: so divided, a word scores its nats at most.
    most = (K1 + 1) * (1 + exact + folded)
    weights: list[tuple[Term, float]] = []
    bound = 0.0
    for word in found:
        if not word.known:
            # It scores nowhere, and only keeps all others from covering the whole question.
            bound += word.weight * len(fields)
            bound += parameters.title_weight * telling * word.weight * whole
            continue
        for field in fields:
            bound += word.weight
            weights += [(term, word.weight / most) for term in word.terms(field)]
            for term, share in (
                (Term(field, "exact", word.text), exact),
                (Term(field, "folded", fold(word.text)), folded),
            ):
                if share:
                    weights.append((term, share * weight((term,)) / most))
        if whole and telling:
            title = parameters.title_weight * telling
            bound += title * word.weight
            own = weight(word.terms("title"))
            weights += [(term, title * own / (K1 + 1)) for term in word.terms("title")]
    return Question(found, tuple(weights), bound, _possible(view, found), telling)


def telling_of(distinct: float, part: float) -> float:
    """How much titles tell in a library, 0 to 1.

    Where many bookmarks share a title (the paragraphs of one article), or where it is a few words above a
    long text, it says what they are about; where each has its own, of some length, it is often the question
    that the bookmark answers.

    Args:
        distinct: the share of the titles that are a bookmark's own.
        part: the share of the bookmarks' words that stand in their titles.
    """
    return between(distinct, _OWN) * between(part, _PART)


def title_part(view: View) -> float:
    """The share of a view's words that stand in titles, 0 to 1."""
    return view.average_length("title") / max(1.0, view.average_length("text"))


def between(value: float, ends: tuple[float, float]) -> float:
    """How far a value has come from the one end to the other, 0 to 1."""
    least, most = ends
    return min(1.0, max(0.0, (value - least) / (most - least)))


def idf(frequency: int, documents: int) -> float:
    """BM25's weight of a term that ``frequency`` of the documents hold, in nats.

    ``ln(1 + (N - n + 0.5) / (n + 0.5))`` (Robertson and Zaragoza, 2009, "The Probabilistic Relevance
    Framework"; the form that Lucene uses).
    """
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))


class _Weights:
    """What the terms of a question weigh in a view, in nats; the view is asked for all of them at once."""

    def __init__(self, view: View, stems: Mapping[str, Sequence[Term]], fields: Sequence[Field]) -> None:
        """The words of the question with their stems, and the fields in which they are looked for."""
        self._count = view.count
        terms = [term for own in stems.values() for term in own]
        for field in fields:
            terms += [Term(field, "stem", term.word) for own in stems.values() for term in own]
            terms += [Term(field, "exact", word) for word in stems]
            terms += [Term(field, "folded", fold(word)) for word in stems]
        held = view.document_frequencies(terms).tolist() if terms else []
        self._held = dict(zip(terms, held, strict=True))

    def known(self, terms: Iterable[Term]) -> bool:
        """Whether any bookmark holds any of them."""
        return any(self._held[term] for term in terms)

    def __call__(self, terms: Iterable[Term]) -> float:
        """What the most common of some terms weighs."""
        return idf(max(self._held[term] for term in terms), self._count)


def _possible(view: View, words: Sequence[Word]) -> float:
    """The share of the words' weight that the library's bookmarks can hold, by their languages.

    A word is at home in the language whose bookmarks hold it most often. Of another language as many
    bookmarks should hold it if it were at home there too; where a word that should be there is not (beyond
    :data:`_DOUBT`), bookmarks of that language cannot be found by it. Names, numbers and loan words are at
    home everywhere.
    """
    counts = view.language_counts
    known = [word for word in words if word.known]
    if not known or np.count_nonzero(counts) < 2:
        return 1.0
    sizes = np.array([len(word.stems) for word in known])
    spread = view.spread([stem for word in known for stem in word.stems])
    held = np.maximum.reduceat(spread, np.cumsum(sizes) - sizes, axis=0)
    # A language of few bookmarks says little about how common a word is.
    rates = (held / np.maximum(counts, 5)).max(axis=1)
    weights = np.array([word.weight for word in known])
    due = weights[:, None] * (1 - np.exp(-counts * rates[:, None]))
    expected, found = due.sum(axis=0), (due * (held > 0)).sum(axis=0)
    shares = np.minimum(1, (found + _DOUBT) / (expected + _DOUBT))
    return float(shares @ counts / counts.sum())
