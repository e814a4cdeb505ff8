"""The keyword index: BM25 over three forms of every word, in tantivy.

The words are analysed here, by :mod:`glane_indexer.text`, and handed to tantivy one by one, so that
what is matched is what is highlighted. Each part of a bookmark has its own fields, and all parts
together have three more: with many parts, one bag of words ranks better than a sum over parts, in
which a title of three words outweighs everything said below it. The title counts
:data:`TITLE_WEIGHT` times in that bag, as in BM25F (Robertson, Zaragoza and Taylor, 2004, "Simple
BM25 extension to multiple weighted fields").
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.models import Bookmark
from glane_indexer.text import compounds, fold, query_stems, stem, tokens

PARTS = ("title", "tags", "annotations", "description", "url")
FORMS = ("exact", "folded", "stem")
# Measured: from 1 to 4 it changes little where titles are shared by many texts, and it helps where
# they are questions of their own (eval/README.md).
TITLE_WEIGHT = 3
# Stands between two texts of one part, so that no phrase runs across them.
_GAP = "\u00b6"
_URL_NOISE = re.compile(r"^https?://(?:www\.)?|\.(?:html?|php|aspx?)\b", re.IGNORECASE)
_HEAP_BYTES = 256_000_000

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


class LexicalIndex:
    """An opened keyword index. Row numbers are those of the bookmarks as they were given to build."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._schema = index.schema
        self._searcher = index.searcher()

    @staticmethod
    def build(bookmarks: Iterable[Bookmark], folder: Path) -> None:
        """Write the keyword index of the bookmarks, in their order, into a new folder.

        Raises:
            GenerationError: tantivy cannot write there.
        """
        import tantivy

        folder.mkdir(parents=True)
        try:
            index = tantivy.Index(_schema(), path=str(folder))
            # One thread, one segment: row numbers and scores do not depend on chance.
            writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            for row, bookmark in enumerate(bookmarks):
                writer.add_document(tantivy.Document(row=row, **_document(bookmark)))
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise GenerationError(
                f"the keyword index cannot be written: {error}", where=str(folder)
            ) from error

    @classmethod
    def open(cls, folder: Path) -> LexicalIndex:
        """Open a keyword index.

        Raises:
            GenerationError: it is missing or damaged.
        """
        import tantivy

        try:
            return cls(tantivy.Index.open(str(folder)))
        except (ValueError, OSError) as error:
            raise GenerationError(
                f"the keyword index cannot be opened: {error}",
                where=str(folder),
                hint="Run `glane index` to build it anew",
            ) from error

    def search(
        self,
        words: Sequence[str],
        *,
        parts: Sequence[str] = PARTS,
        exact_weight: float = 0.3,
        folded_weight: float = 0.1,
        limit: int = 1000,
        allowed: NDArray[np.bool_] | None = None,
    ) -> tuple[Rows, Scores]:
        """The bookmarks that hold a form of any of the words, best first.

        Args:
            words: exact forms, as :func:`glane_indexer.text.tokens` gives them.
            parts: where to look; all of :data:`PARTS` at once by default.
            exact_weight: weight of the score of exact forms, beside that of stems, which is 1.
            folded_weight: the same for forms without accents.
            limit: how many rows at most.
            allowed: one truth value a row; others are left out before the limit applies.

        Returns:
            Rows and BM25 scores (k1 = 1.2, b = 0.75), sorted by (-score, row).
        """
        clauses = [
            self._word(word, suffix, exact_weight, folded_weight)
            for word in dict.fromkeys(words)
            for suffix in self._suffixes(parts)
        ]
        rows, scores = self._run(clauses, self._depth(limit, allowed))
        if allowed is not None:
            kept = allowed[rows]
            rows, scores = rows[kept][:limit], scores[kept][:limit]
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def rows_with_word(self, word: str, parts: Sequence[str] = PARTS) -> Rows:
        """The bookmarks that hold a form of the word, in ascending order."""
        clauses = [
            self._term(f"stem{suffix}", text)
            for suffix in self._suffixes(parts)
            for text in query_stems(word)
        ]
        return np.sort(self._run(clauses, self._depth(0, None))[0])

    def rows_with_phrase(self, words: Sequence[str], parts: Sequence[str] = PARTS) -> Rows:
        """The bookmarks in which the words follow one another within one text, accents aside."""
        import tantivy

        folded: list[str | tuple[int, str]] = [fold(word) for word in words]
        if len(folded) == 1:
            clauses = [self._term(f"folded_{part}", fold(words[0])) for part in parts]
        else:
            clauses = [tantivy.Query.phrase_query(self._schema, f"folded_{part}", folded) for part in parts]
        return np.sort(self._run(clauses, self._depth(0, None))[0])

    def document_frequencies(self, word: str, parts: Sequence[str] = PARTS) -> list[int]:
        """The number of bookmarks that hold a word, in each field that a search of the parts looks in."""
        return [
            max(int(self._searcher.doc_freq(f"stem{suffix}", text)) for text in query_stems(word))
            for suffix in self._suffixes(parts)
        ]

    def document_frequency(self, word: str) -> int:
        """How many bookmarks hold the most common of the word's stems."""
        return max(int(self._searcher.doc_freq("stem", text)) for text in query_stems(word))

    def words_starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """The words of the library that begin so, with the number of bookmarks that hold each."""
        found = self._searcher.terms_with_prefix("exact", prefix, limit=limit)
        return [(str(word), int(count)) for word, count in found]

    @staticmethod
    def _suffixes(parts: Sequence[str]) -> list[str]:
        return [""] if set(parts) >= set(PARTS) else [f"_{part}" for part in parts]

    def _depth(self, limit: int, allowed: NDArray[np.bool_] | None) -> int:
        everything = max(1, int(self._searcher.num_docs))
        return everything if allowed is not None or limit == 0 else min(limit, everything)

    def _term(self, field: str, text: str) -> Any:
        import tantivy

        return tantivy.Query.term_query(self._schema, field, text, index_option="freq")

    def _word(self, word: str, suffix: str, exact_weight: float, folded_weight: float) -> Any:
        """A clause that scores one word: its best stem, and more where it stands in the same form."""
        import tantivy

        query = tantivy.Query
        stems = self._stems(word, f"stem{suffix}")
        scored = [query.disjunction_max_query(stems) if len(stems) > 1 else stems[0]]
        if exact_weight:
            scored.append(query.boost_query(self._term(f"exact{suffix}", word), exact_weight))
        if folded_weight:
            folded = self._term(f"folded{suffix}", fold(word))
            scored.append(query.boost_query(folded, folded_weight))
        return query.boolean_query([(tantivy.Occur.Should, clause) for clause in scored])

    def _stems(self, word: str, field: str) -> list[Any]:
        """A clause for each stem of a word, all worth what the most common of them is.

        BM25 rewards what is rare: a spelling that hardly anybody uses would come before the usual one.
        """
        import tantivy

        found = {text: int(self._searcher.doc_freq(field, text)) for text in query_stems(word)}
        most = max(found.values())
        return [
            tantivy.Query.boost_query(self._term(field, text), self._idf(most) / self._idf(frequency))
            for text, frequency in found.items()
            if frequency
        ] or [self._term(field, text) for text in found]

    def _idf(self, frequency: int) -> float:
        """BM25's weight of a term that so many bookmarks hold, as tantivy has it."""
        return math.log(1 + (int(self._searcher.num_docs) - frequency + 0.5) / (frequency + 0.5))

    def _run(self, clauses: Sequence[Any], limit: int) -> tuple[Rows, Scores]:
        import tantivy

        if not clauses:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        query = (
            clauses[0]
            if len(clauses) == 1
            else tantivy.Query.boolean_query([(tantivy.Occur.Should, clause) for clause in clauses])
        )
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return (
            np.array(rows, dtype=np.int64),
            np.fromiter((score for score, _ in hits), dtype=np.float32, count=len(hits)),
        )


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", fast=True)
    for form in FORMS:
        builder.add_text_field(form, tokenizer_name="whitespace", index_option="freq")
        for part in PARTS:
            option = "position" if form == "folded" else "freq"
            builder.add_text_field(f"{form}_{part}", tokenizer_name="whitespace", index_option=option)
    return builder.build()


def _document(bookmark: Bookmark) -> dict[str, str]:
    """Every field of a bookmark, as words between spaces."""
    texts: dict[str, Sequence[str]] = {
        "title": (bookmark.title,),
        "tags": bookmark.tags,
        "annotations": tuple(
            text for item in bookmark.annotations for text in (item.text, item.note) if text
        ),
        "description": (bookmark.description,),
        "url": (_URL_NOISE.sub(" ", bookmark.url),),
    }
    fields: dict[str, list[str]] = {form: [] for form in FORMS}
    for part, sources in texts.items():
        forms = _forms(sources, bookmark.language)
        for form, words in forms.items():
            fields[f"{form}_{part}"] = words
            fields[form] += words * (TITLE_WEIGHT if part == "title" else 1)
    return {name: " ".join(words) for name, words in fields.items()}


def _forms(sources: Sequence[str], language: str) -> dict[str, list[str]]:
    """The words of several texts in each form; only the folded ones keep a gap between texts."""
    forms: dict[str, list[str]] = {form: [] for form in FORMS}
    for source in sources:
        words = tokens(source)
        joined = [token.form for token in compounds(source, words)]
        plain = [token.form for token in words]
        forms["exact"] += plain + joined
        forms["folded"] += [fold(form) for form in plain] + [_GAP]
        forms["stem"] += [stem(form, language) for form in plain + joined]
    return forms
