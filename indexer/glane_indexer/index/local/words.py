"""The words of bookmarks as arrays: what the keyword side of a segment is made of.

Texts are cut at white space, and each distinct piece is analysed once (by :mod:`glane_indexer.text`), so
that counting the words of a library is counting numbers.

A segment's arrays: ``words`` are the distinct words in all forms, sorted, and ``hashes`` those of them,
sorted, with the word of each in ``hashed``. ``terms`` are ``group * len(words) + word``, ascending, where a
group is a form and a field; the bookmarks that hold a term stand in ``rows`` up to its place in ``ends``,
ascending, with how often in ``times``. ``lengths`` are the words of each bookmark in each field.
Definitions of acronyms are words in folded form, which no text holds (:mod:`glane_indexer.acronyms`).
``sequence`` are the folded words of all texts in order, -1 between two texts, each bookmark and field up to
its place in ``stops``: for phrases.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from glane_indexer.acronyms import definitions, entry
from glane_indexer.index.local.arrays import Arrays, Strings
from glane_indexer.index.protocol import FIELDS, FORMS, Field, Form
from glane_indexer.models import Bookmark
from glane_indexer.text import compounds, fold, stem, tokens

# How often the title counts in the bag of everything. Ranking weighs the title as a field of its own.
TITLE_IN_TEXT = 1
# All but the bag of everything.
SOURCES = FIELDS[1:]
_URL_NOISE = re.compile(r"^https?://(?:www\.)?|\.(?:html?|php|aspx?)\b", re.IGNORECASE)

Ints = NDArray[np.int64]


def group_of(field: Field, form: Form) -> int:
    """The number of a field in a form."""
    return FORMS.index(form) * len(FIELDS) + FIELDS.index(field)


def word_hash(word: str) -> int:
    """64 bits of a word, the same everywhere."""
    return xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass"))


def build(bookmarks: Sequence[Bookmark]) -> Arrays:
    """The arrays of some bookmarks, in their order."""
    reader = _Reader()
    for bookmark in bookmarks:
        reader.add(bookmark)
    count = len(bookmarks)
    sequence, stops, joined, joined_owners = reader.read()
    owners = np.repeat(np.arange(count * len(SOURCES)), np.diff(stops, prepend=0))
    said = sequence >= 0
    # A hyphenated word is found joined up as well, but is no part of a phrase so.
    all_owners = np.concatenate([owners[said], joined_owners])
    every = np.concatenate([sequence[said], joined])
    defined, defining = reader.definitions()
    languages = [bookmark.language for bookmark in bookmarks]
    forms = _Forms(list(reader.words), languages, all_owners, every, defined)
    ordered = np.full(len(sequence), -1, np.int32)
    ordered[said] = forms.folded[sequence[said]]
    entries = _Entries(count, len(forms.vocabulary))
    entries.add("exact", all_owners, forms.exact[every])
    entries.add(
        "folded",
        np.concatenate([owners[said], defining]),
        np.concatenate([forms.folded[sequence[said]], forms.defined]),
    )
    entries.add("stem", all_owners, forms.stemmed)
    terms, rows, times = entries.counted()
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


class _Numbers(dict[str, int]):
    """Numbers texts from 0 on, as they come."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class _Reader:
    """Reads bookmarks into numbers: first of pieces between white space, then of exact words."""

    def __init__(self) -> None:
        self.words = _Numbers()
        # The end of a text is a piece of its own, which no text holds.
        self._pieces = _Numbers({" ": 0})
        self._sequence, self._stops = array("i"), array("q")
        self._definitions: list[tuple[int, str]] = []

    def add(self, bookmark: Bookmark) -> None:
        """Read the next bookmark, field by field."""
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
            for text in texts[field]:
                self._definitions += [(len(self._stops), entry(found)) for found in definitions(text)]
                self._sequence.extend(map(self._pieces.__getitem__, text.split()))
                self._sequence.append(0)
            self._stops.append(len(self._sequence))

    def definitions(self) -> tuple[list[str], Ints]:
        """The entries of the acronyms that were defined, and the field (its number among all) of each."""
        owners, found = zip(*self._definitions, strict=True) if self._definitions else ((), ())
        return list(found), np.array(owners, np.int64)

    def read(self) -> tuple[NDArray[np.int32], Ints, NDArray[np.int32], Ints]:
        """The words of all that was read in order, -1 between texts, and where each field ends; then those
        that are joined up, and the field (its number among all) of each."""
        pieces = np.frombuffer(self._sequence, np.int32)
        stops = np.array(self._stops, np.int64)
        plain, joined = array("i", [-1]), array("i")
        plain_ends, joined_ends = array("q", [1]), array("q", [0])
        for piece in list(self._pieces)[1:]:
            if piece.isascii() and piece.isalnum():
                # Most are one word as it stands.
                plain.append(self.words[piece.lower()])
            else:
                found = tokens(piece)
                plain.extend([self.words[token.form] for token in found])
                joined.extend([self.words[token.form] for token in compounds(piece, found)])
            plain_ends.append(len(plain))
            joined_ends.append(len(joined))
        sequence, ends = _expanded(pieces, plain, plain_ends)
        together, joined_stops = _expanded(pieces, joined, joined_ends)
        ends = np.append(0, ends)
        owners = np.searchsorted(stops, np.arange(len(pieces)), side="right")
        return sequence, ends[stops], together, np.repeat(owners, np.diff(joined_stops, prepend=0))


def _expanded(pieces: NDArray[np.int32], words: array[int], ends: array[int]) -> tuple[Any, Ints]:
    """The words of each piece in place of it, and where those of each end."""
    last = np.array(ends, np.int64)
    first = np.append(0, last[:-1])
    lengths = (last - first)[pieces]
    return np.array(words, np.int32)[spans(first[pieces], lengths)], np.cumsum(lengths)


class _Forms:
    """The other forms of exact words, by number, and the vocabulary of all of them."""

    def __init__(
        self,
        words: Sequence[str],
        languages: Sequence[str],
        owners: Ints,
        said: NDArray[np.int32],
        defined: Sequence[str] = (),
    ) -> None:
        """The exact words, the language of each bookmark, which word each owner says, and words that have
        one form only."""
        codes = {language: code for code, language in enumerate(dict.fromkeys(languages))}
        code = np.array([codes[language] for language in languages] or [0], np.int64)[
            owners // len(SOURCES)
        ]
        names = list(codes)
        keys = code * len(words) + said
        # Languages are few, so a table of what occurs costs less than sorting all that is said.
        occurs = np.zeros(max(1, len(names)) * len(words), np.bool_)
        occurs[keys] = True
        pairs = np.flatnonzero(occurs)
        pair = np.cumsum(occurs)[keys] - 1
        stems = [
            stem(words[number], names[language])
            for language, number in zip(
                *map(np.ndarray.tolist, np.divmod(pairs, max(1, len(words)))), strict=True
            )
        ]
        folded = [fold(word) for word in words]
        self.vocabulary = sorted({*words, *folded, *stems, *defined})
        place = {word: number for number, word in enumerate(self.vocabulary)}
        self.exact = np.array([place[word] for word in words], np.int64)
        self.folded = np.array([place[word] for word in folded], np.int64)
        self.defined = np.array([place[word] for word in defined], np.int64)
        self.stemmed = np.array([place[word] for word in stems], np.int64)[pair]


class _Entries:
    """What bookmarks hold, as keys that order by (term, row)."""

    def __init__(self, count: int, words: int) -> None:
        self._found: list[tuple[Ints, Ints, Ints]] = []
        self._count, self._words = count, words

    def add(self, form: Form, owners: Ints, words: Ints) -> None:
        """All occurrences of one form; each stands in its own field and in the bag of everything."""
        rows, fields = np.divmod(owners, len(SOURCES))
        own = np.array([group_of(field, form) for field in SOURCES])[fields]
        everything = (group_of("text", form) * self._words + words) * self._count + rows
        title = fields == SOURCES.index("title")
        # Groups one after another, as terms are ordered.
        self._count_up(np.concatenate([everything, *[everything[title]] * (TITLE_IN_TEXT - 1)]))
        self._count_up((own * self._words + words) * self._count + rows)

    def counted(self) -> tuple[Ints, Ints, Ints]:
        """Terms, rows and how often each term stands there, in order of (term, row)."""
        terms, rows, times = (np.concatenate(column) for column in zip(*self._found, strict=True))
        return terms, rows, times

    def _count_up(self, keys: Ints) -> None:
        """Sort and count one form's keys: those of all forms together would not fit into the memory."""
        keys, times = np.unique(keys, return_counts=True)
        terms, rows = np.divmod(keys, max(1, self._count))
        self._found.append((terms, rows, times))
