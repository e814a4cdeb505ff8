"""The two legs of a search over one view, and the candidates of both.

The depths are fixed, never tied to the page that is asked for: page 2 comes from the same candidates
as page 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from glane_indexer.index.protocol import K1, Comparison, Field, Selection, Term, View
from glane_indexer.text import fold, query_stems
from glane_service.search.ranking.candidates import Candidates
from glane_service.search.ranking.parameters import Parameters

# Everything together ranks better than a sum over fields, in which a title of three words outweighs all
# that is said below it. The title has a word of its own beside it, with this weight; stems only.
EVERYTHING: tuple[Field, ...] = ("text",)
TITLE_WEIGHT = 1.0


def gather(
    view: View,
    words: Sequence[str],
    comparison: Comparison | None,
    *,
    fields: Sequence[Field],
    allowed: Selection | None,
    parameters: Parameters,
    keyword_limit: int,
) -> Candidates:
    """The candidates of both legs.

    Args:
        words: exact forms for the keyword leg; empty: that leg finds nothing.
        comparison: the question's vector beside the view's, or None where the vector leg does not run.
        fields: where keywords are looked for; :data:`EVERYTHING` for all.
        allowed: which bookmarks may be found; None allows all.
        keyword_limit: bookmarks that the keyword leg may give.
    """
    weights, bound = question_weights(view, words, fields, parameters)
    rows, scores = view.keyword(weights, limit=keyword_limit, allowed=allowed)
    if comparison is None:
        place = np.argsort(rows)
        nothing = np.zeros(len(rows), np.float32)
        return Candidates(rows[place], scores[place], bound, nothing, nothing, nothing, nothing)
    near = comparison.nearest(
        parameters.vector_depth,
        allowed=allowed,
        depth=parameters.passage_depth,
        language_share=parameters.language_share,
    )
    every = np.union1d(rows, near)
    keyword = np.zeros(len(every), np.float32)
    keyword[np.searchsorted(every, rows)] = scores
    passage, any_passage = comparison.best(every)
    documents, languages = comparison.documents(every), comparison.languages(every)
    return Candidates(every, keyword, bound, passage, any_passage, documents, languages)


def question_weights(
    view: View, words: Sequence[str], fields: Sequence[Field], parameters: Parameters
) -> tuple[list[tuple[Term, float]], float]:
    """What each term of a question counts, and the most that a bookmark's score can be.

    A word counts by its stems, by its exact form and by its form without accents. All stems of a word are
    worth what the most common of them is: BM25 rewards what is rare, and a spelling that hardly anybody
    uses would come before the usual one.
    """
    weights: list[tuple[Term, float]] = []
    bound = 0.0
    for word in dict.fromkeys(words):
        for field in fields:
            stems = _stem_weights(view, word, field)
            weights += stems
            forms = (
                (Term(field, "exact", word), parameters.exact_weight),
                (Term(field, "folded", fold(word)), parameters.folded_weight),
            )
            bound += stems[0][1] * (1 + parameters.exact_weight + parameters.folded_weight)
            weights += [(term, share * _idf(view, term)) for term, share in forms if share]
        if tuple(fields) == EVERYTHING:
            titled = _stem_weights(view, word, "title")
            weights += [(term, TITLE_WEIGHT * weight) for term, weight in titled]
            bound += TITLE_WEIGHT * titled[0][1]
    # A term frequency's part of BM25 is below k1 + 1.
    return weights, bound * (K1 + 1)


def _stem_weights(view: View, word: str, field: Field) -> list[tuple[Term, float]]:
    terms = [Term(field, "stem", text) for text in query_stems(word)]
    weight = idf(int(view.document_frequencies(terms).max()), view.count)
    return [(term, weight) for term in terms]


def _idf(view: View, term: Term) -> float:
    return idf(int(view.document_frequencies([term])[0]), view.count)


def idf(frequency: int, documents: int) -> float:
    """BM25's weight of a term that ``frequency`` of the documents hold.

    ``ln(1 + (N - n + 0.5) / (n + 0.5))`` (Robertson and Zaragoza, 2009, "The Probabilistic Relevance
    Framework"; the form that Lucene uses).
    """
    return math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))
