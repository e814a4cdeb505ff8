"""The words of bookmarks as arrays: what the keyword side of a segment is made of.

Texts are cut at white space, and each distinct piece is analysed once (by :mod:`glane_indexer.text`), so
that counting the words of a library is counting numbers.

A segment's arrays: ``words`` are the distinct words in all forms, sorted, and ``hashes`` those of them,
sorted, with the word of each in ``hashed``. ``terms`` are ``group * len(words) + word``, ascending, where a
group is a form and a field; the bookmarks that hold a term stand in ``rows`` up to its place in ``ends``,
ascending, with how often in ``times``. ``lengths`` are the words of each bookmark in each field.
``sequence`` are the folded words of all texts in order, -1 between two texts, each bookmark and field up to
its place in ``stops``: for phrases.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.index.local.arrays import Arrays, Strings
from glane_indexer.index.protocol import FIELDS, FORMS, Field, Form
from glane_indexer.models import Bookmark
from glane_indexer.text import compounds, fold, stem, tokens

# How often the title counts in the bag of everything. Ranking weighs the title as a field of its own.
TITLE_IN_TEXT = 1
# All but the bag of everything.
SOURCES = FIELDS[1:]
# Pieces of text remembered while a segment is built: about 200 MB.
_REMEMBERED = 1_000_000
_URL_NOISE = re.compile(r"^https?://(?:www\.)?|\.(?:html?|php|aspx?)\b", re.IGNORECASE)

Ints = NDArray[np.int64]


def group_of(field: Field, form: Form) -> int:
    """The number of a field in a form."""
    return FORMS.index(form) * len(FIELDS) + FIELDS.index(field)


def word_hash(word: str) -> int:
    """64 bits of a word, the same everywhere."""
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")


def build(bookmarks: Sequence[Bookmark]) -> Arrays:
    """The arrays of some bookmarks, in their order."""
    reader = _Reader()
    for bookmark in bookmarks:
        reader.add(bookmark)
    count = len(bookmarks)
    sequence, stops = np.array(reader.sequence, np.int32), np.array(reader.stops, np.int64)
    owners = np.repeat(np.arange(count * len(SOURCES)), np.diff(stops, prepend=0))
    said = sequence >= 0
    # A hyphenated word is found joined up as well, but is no part of a phrase so.
    all_owners = np.concatenate([owners[said], np.array(reader.joined_owners, np.int64)])
    every = np.concatenate([sequence[said], np.array(reader.joined, np.int32)])
    forms = _Forms(list(reader.words), [bookmark.language for bookmark in bookmarks], all_owners, every)
    ordered = np.full(len(sequence), -1, np.int32)
    ordered[said] = forms.folded[sequence[said]]
    entries = _Entries(count, len(forms.vocabulary))
    entries.add("exact", all_owners, forms.exact[every])
    entries.add("folded", owners[said], forms.folded[sequence[said]])
    entries.add("stem", all_owners, forms.stemmed)
    keys, times = np.unique(np.concatenate(entries.keys), return_counts=True)
    terms, rows = np.divmod(keys, max(1, count))
    lengths = np.bincount(all_owners, minlength=count * len(SOURCES)).reshape(count, len(SOURCES))
    whole = lengths.sum(axis=1) + (TITLE_IN_TEXT - 1) * lengths[:, SOURCES.index("title")]
    return {
        **_postings(forms.vocabulary, terms, rows, times),
        "lengths": np.column_stack([whole, lengths]).astype(np.int32),
        "sequence": ordered,
        "stops": stops,
    }


def merge(parts: Sequence[tuple[Mapping[str, NDArray[Any]], Ints]], count: int) -> Arrays:
    """The arrays of ``count`` bookmarks out of several segments; of what is left out nothing stays.

    Args:
        parts: of each segment its arrays, and of each of its rows the new one, or -1.
    """
    vocabulary = sorted(set().union(*(Strings(arrays, "words").all() for arrays, _ in parts)))
    place = {word: number for number, word in enumerate(vocabulary)}
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    sequences: list[NDArray[np.int32]] = []
    lengths = np.zeros((count, len(FIELDS)), np.int32)
    starts, sizes = np.zeros((2, count, len(SOURCES)), np.int64)
    offset = 0
    for arrays, new in parts:
        words = Strings(arrays, "words").all()
        places = np.array([place[word] for word in words] or [0], np.int64)
        groups, numbers = np.divmod(np.asarray(arrays["terms"], np.int64), max(1, len(words)))
        spread = np.diff(arrays["ends"], prepend=0)
        target = new[arrays["rows"]]
        kept = target >= 0
        found.append(
            (
                np.repeat(groups, spread)[kept],
                np.repeat(places[numbers], spread)[kept],
                target[kept],
                np.asarray(arrays["times"], np.int64)[kept],
            )
        )
        alive = new >= 0
        lengths[new[alive]] = arrays["lengths"][alive]
        stops = np.asarray(arrays["stops"], np.int64)
        size = np.diff(stops, prepend=0).reshape(-1, len(SOURCES))
        starts[new[alive]] = ((stops - size.reshape(-1)).reshape(size.shape) + offset)[alive]
        sizes[new[alive]] = size[alive]
        sequence = np.asarray(arrays["sequence"], np.int32)
        sequences.append(np.where(sequence >= 0, places[np.maximum(sequence, 0)], -1).astype(np.int32))
        offset += len(sequence)
    groups, numbers, rows, times = (np.concatenate(column) for column in zip(*found, strict=True))
    used, numbers = np.unique(numbers, return_inverse=True)
    vocabulary = [vocabulary[number] for number in used.tolist()]
    terms = groups * len(vocabulary) + numbers
    order = np.lexsort((rows, terms))
    sequence = np.concatenate(sequences)[spans(starts.reshape(-1), sizes.reshape(-1))]
    return {
        **_postings(vocabulary, terms[order], rows[order], times[order]),
        "lengths": lengths,
        "sequence": np.where(sequence >= 0, np.searchsorted(used, sequence), -1).astype(np.int32),
        "stops": np.cumsum(sizes.reshape(-1)),
    }


def spans(starts: Ints, lengths: Ints) -> Ints:
    """The places of several spans, one after another."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1] if len(ends) else 0)


def _postings(vocabulary: Sequence[str], terms: Ints, rows: Ints, times: Ints) -> Arrays:
    """The arrays of the vocabulary and of the terms, from entries in order of (term, row)."""
    first = np.flatnonzero(np.diff(terms, prepend=-1))
    hashes = np.array([word_hash(word) for word in vocabulary], np.uint64)
    order = np.argsort(hashes)
    return {
        **Strings.arrays("words", vocabulary),
        "hashes": hashes[order],
        "hashed": order.astype(np.int32),
        "terms": terms[first],
        "ends": np.append(first[1:], len(terms)).astype(np.int64) if len(first) else first,
        "rows": rows.astype(np.int32),
        "times": times.astype(np.uint16 if times.max(initial=0) < 1 << 16 else np.uint32),
    }


class _Reader:
    """Reads bookmarks into numbers: of exact words, in the order in which they come."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.sequence, self.stops = array("i"), array("q")
        self.joined, self.joined_owners = array("i"), array("q")
        self._pieces: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def add(self, bookmark: Bookmark) -> None:
        notes = bookmark.annotations
        texts: dict[Field, Iterable[str]] = {
            "title": (bookmark.title,),
            "tags": bookmark.tags,
            "description": (bookmark.description,),
            "annotations": (item.text for item in notes if item.text),
            "notes": (item.note for item in notes if item.note),
            "url": (_URL_NOISE.sub(" ", bookmark.url),),
        }
        for field in SOURCES:
            owner = len(self.stops)
            for text in texts[field]:
                for piece in text.split():
                    plain, joined = self._pieces.get(piece) or self._analysed(piece)
                    self.sequence.extend(plain)
                    if joined:
                        self.joined.extend(joined)
                        self.joined_owners.extend([owner] * len(joined))
                self.sequence.append(-1)
            self.stops.append(len(self.sequence))

    def _analysed(self, piece: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        found = tokens(piece)
        numbers = tuple(self._number(token.form) for token in found)
        joined = tuple(self._number(token.form) for token in compounds(piece, found))
        if len(self._pieces) >= _REMEMBERED:
            self._pieces.clear()
        self._pieces[piece] = numbers, joined
        return numbers, joined

    def _number(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))


class _Forms:
    """The other forms of exact words, by number, and the vocabulary of all of them."""

    def __init__(
        self, words: Sequence[str], languages: Sequence[str], owners: Ints, said: NDArray[np.int32]
    ) -> None:
        """The exact words, the language of each bookmark, and which word each owner says."""
        codes = {language: code for code, language in enumerate(dict.fromkeys(languages))}
        code = np.array([codes[language] for language in languages] or [0], np.int64)[
            owners // len(SOURCES)
        ]
        names = list(codes)
        pairs, pair = np.unique(code * len(words) + said, return_inverse=True)
        stems = [
            stem(words[number], names[language])
            for language, number in zip(*np.divmod(pairs, max(1, len(words))), strict=True)
        ]
        folded = [fold(word) for word in words]
        self.vocabulary = sorted({*words, *folded, *stems})
        place = {word: number for number, word in enumerate(self.vocabulary)}
        self.exact = np.array([place[word] for word in words], np.int64)
        self.folded = np.array([place[word] for word in folded], np.int64)
        self.stemmed = np.array([place[word] for word in stems], np.int64)[pair]


class _Entries:
    """What bookmarks hold, as keys that order by (term, row)."""

    def __init__(self, count: int, words: int) -> None:
        self.keys: list[Ints] = []
        self._count, self._words = count, words

    def add(self, form: Form, owners: Ints, words: Ints) -> None:
        """All occurrences of one form; each stands in its own field and in the bag of everything."""
        rows, fields = np.divmod(owners, len(SOURCES))
        own = np.array([group_of(field, form) for field in SOURCES])[fields]
        everything = np.full(len(rows), group_of("text", form))
        self.keys += [self._keys(own, words, rows), self._keys(everything, words, rows)]
        title = fields == SOURCES.index("title")
        self.keys += [self._keys(everything[title], words[title], rows[title])] * (TITLE_IN_TEXT - 1)

    def _keys(self, groups: Ints, words: Ints, rows: Ints) -> Ints:
        return (groups * self._words + words) * self._count + rows
