"""What can be asked of a view: the segments of one generation that one viewer may see (pure).

Ranking, presentation and the engine use nothing else of an index, so another backend is another
implementation of :class:`View`, and passes the same suite (``tests/indexer/index/test_congruence.py``).

Bookmarks are named by *row*: rows count from 0 in the order of the bookmarks' ids, so an order by
(-score, row) is one by (-score, id), whatever segment a bookmark lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from glane_indexer.encoder.base import EncoderInfo
from glane_indexer.models import Bookmark, PassageKind

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
Viewer = Literal["public", "member"]
"""Who looks: ``public`` sees what is public, ``member`` everything."""

Field = Literal["text", "title", "tags", "description", "annotations", "notes", "url"]
Form = Literal["exact", "folded", "stem"]
FIELDS: tuple[Field, ...] = ("text", "title", "tags", "description", "annotations", "notes", "url")
"""Where a word stands; ``text`` is everything of a bookmark together."""
FORMS: tuple[Form, ...] = ("exact", "folded", "stem")

# BM25's two constants (Robertson and Zaragoza, 2009, "The Probabilistic Relevance Framework: BM25 and
# beyond", which recommends 1.2 to 2 and 0.75; these are Lucene's).
K1 = 1.2
B = 0.75

ValueCounts = list[tuple[str, int]]


class Term(NamedTuple):
    """A word in one form, in one field."""

    field: Field
    form: Form
    word: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a bookmark must be to be found; what is empty filters nothing.

    Tags and contributors are compared without case and accents, several tags must all be there, a site
    passes with its subdomains, the days are inclusive (UTC). Of each group of ``any_of`` one choice must be
    true, and none of ``none_of``; a choice is the name of a filter (``kind``, ``tag``, ``contributor``,
    ``site``, ``language``, ``year``) and a value. ``phrases`` (exact forms that must follow one
    another within one text, accents aside) must all be there, ``excluded`` ones (a single word in any
    of its forms) must not; both are looked for in ``fields``. ``without`` is the id of one to leave out.
    """

    kind: str | None = None
    tags: tuple[str, ...] = ()
    contributor: str = ""
    site: str = ""
    language: str = ""
    after: date | None = None
    before: date | None = None
    any_of: tuple[tuple[tuple[str, str], ...], ...] = ()
    none_of: tuple[tuple[str, str], ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()
    fields: tuple[Field, ...] = ("text",)
    without: str = ""


class PassagePlace(NamedTuple):
    """A passage: a slice of the title, the description or an annotation (by its place), in code points."""

    kind: PassageKind
    annotation: int
    start: int
    length: int


class Counts(NamedTuple):
    """What a view holds."""

    bookmarks: int
    annotations: int
    descriptions: int
    contributors: int
    passages: int


NameKind = Literal["tags", "contributors", "questions"]

Selection = Any
"""What a view has made of a :class:`Filter`; None where everything passes. For the same view alone."""


class Comparison(Protocol):
    """One question's unit vector beside the vectors of a view; scores are cosines."""

    vector: Floats

    def nearest(self, limit: int, *, allowed: Selection | None, depth: int, language_share: float) -> Rows:
        """The bookmarks whose best passage is nearest, rows ascending.

        Args:
            limit: how many at most.
            allowed: what they must be.
            depth: where a library is too large to compare all, that many passages are fetched.
            language_share: share of what a bookmark's language alone brings that is taken off first.
        """

    def best(self, rows: Rows) -> tuple[Floats, Floats]:
        """Of each bookmark the best cosine of its passages of text, and that of its title card.

        One that has only one of the two has it for both; one that has no passage at all has 0.
        """

    def documents(self, rows: Rows) -> Floats:
        """The cosine of each bookmark as a whole."""

    def languages(self, rows: Rows) -> Floats:
        """What each bookmark's language alone adds to its cosines."""

    def passages(self, rows: Rows) -> list[list[float]]:
        """The cosines of all passages of each bookmark, in their order."""


class View(Protocol):
    """The bookmarks that one viewer may find, immutable. Safe to share between threads.

    Every statistic is of these bookmarks alone: what a generation has superseded, or holds for others,
    counts nowhere.
    """

    @property
    def generation(self) -> str:
        """The name of the generation."""

    @property
    def encoder(self) -> EncoderInfo:
        """What the vectors were made with."""

    @property
    def seq(self) -> int:
        """The last change of the journal that is in it."""

    @property
    def count(self) -> int:
        """How many bookmarks there are."""

    @property
    def counts(self) -> Counts:
        """How much of everything there is."""

    @property
    def size(self) -> int:
        """The bytes of what it reads."""

    @property
    def ids(self) -> Sequence[str]:
        """The id of every row, ascending."""

    def row_of(self, identifier: str) -> int | None:
        """The row of the bookmark with this id; None where there is none."""

    def bookmarks(self, rows: Sequence[int] | Rows) -> list[Bookmark]:
        """The bookmarks of these rows, in their order."""

    def passages(self, row: int) -> list[PassagePlace]:
        """The passages of a bookmark, in order."""

    def select(self, filter: Filter) -> Selection | None:
        """A filter made ready for this view."""

    def highlights(self) -> list[tuple[str, str]]:
        """The ids of every highlight's bookmark and its own: the newest first (its own date, else its
        bookmark's; those without one last), then by the bookmark's id, in the order of the page."""

    def selected(self, allowed: Selection | None) -> Rows:
        """The rows that pass, ascending."""

    def by_date(self, rows: Rows) -> Rows:
        """Rows with the newest first, those without a date last, then by id."""

    def facets(self, rows: Rows | None) -> dict[str, ValueCounts]:
        """Of each facet the values among these rows (None: all), the most frequent first."""

    def keyword(
        self, weights: Sequence[tuple[Term, float]], *, limit: int, allowed: Selection | None = None
    ) -> tuple[Rows, Floats]:
        """The sparse product of a question's weights and the bookmarks' term weights.

        A bookmark's weight for a term is ``tf (k1 + 1) / (tf + k1 (1 - b + b length / average))``, BM25's
        part of the term frequency; the inverse document frequency, and what a field or a form counts, are
        for the caller to put into ``weights``.

        Returns:
            The rows that hold any of the terms and their scores, sorted by (-score, row); ``limit``
            of them at most.
        """

    def term_weights(self, terms: Sequence[Term], rows: Rows) -> Floats:
        """Those weights ``[rows, terms]`` of given bookmarks."""

    def document_frequencies(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks hold each term."""

    def spread(self, terms: Sequence[Term]) -> NDArray[np.int64]:
        """How many bookmarks of each language hold each term, ``[terms, languages]``."""

    @property
    def language_counts(self) -> NDArray[np.int64]:
        """How many bookmarks there are of each language, in the order of :meth:`spread`."""

    @property
    def distinct_titles(self) -> float:
        """The share of the bookmarks whose title is no other's, accents and case aside."""

    def title_masses(self, rows: Rows) -> Floats:
        """Of each bookmark the sum of its title's inverse document frequencies (distinct stems, in the
        whole text, function words aside), in nats."""

    def average_length(self, field: Field) -> float:
        """The mean number of words in a field; 0 where there are no bookmarks."""

    def lengths(self, field: Field, rows: Rows) -> NDArray[np.int64]:
        """The number of words in a field of each bookmark."""

    def words(self, prefix: str, limit: int | None = None, *, field: Field = "text") -> ValueCounts:
        """The folded words of a field that begin so, with the number of bookmarks that hold each.

        The most frequent first (then by the word), ``limit`` of them at most. Definitions of acronyms
        (:mod:`glane_indexer.acronyms`) are among them; they begin as no word does.
        """

    def document_vectors(self, rows: Rows) -> Floats:
        """The unit vectors of bookmarks as a whole, ``[rows, d]``; zeros where one has no text."""

    def compare(self, vector: Floats) -> Comparison:
        """The vector side of a question."""

    def names(self, kind: NameKind) -> ValueCounts:
        """Every tag or contributor with its bookmarks, or every question with its answers."""

    def completions(self, typed: str, limit: int) -> dict[str, ValueCounts]:
        """What completes a text that is being typed, accents and case aside.

        Each word typed must begin a word of what completes it. By kind: ``tag`` and ``contributor`` with
        their bookmarks, ``question`` with its answers, ``title`` with its bookmark's views; of each the
        best ``limit``: those that begin as the whole text does first, then the heaviest, then by text.
        """
