"""A segment: an immutable, checksummed file that holds some bookmarks whole, all of one visibility.

Its rows are in order of id. What has been superseded since is said by the generation, not here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glane_indexer.errors import GenerationError
from glane_indexer.identity import content_hash
from glane_indexer.index.local import arrays as files
from glane_indexer.index.local import columns, completion, documents, passages, words
from glane_indexer.index.local.arrays import Arrays, Strings, named, part
from glane_indexer.index.local.completion import Titles
from glane_indexer.index.local.documents import Documents
from glane_indexer.index.local.languages import sums_of
from glane_indexer.index.local.leases import Lease
from glane_indexer.index.local.segment_words import SegmentWords
from glane_indexer.index.local.vectors import PassageVectors, codes_of
from glane_indexer.models import Bookmark, Passage, Visibility

VISIBILITIES: tuple[Visibility, ...] = ("public", "private")
SUFFIX = ".safetensors"
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """What a generation says of a segment: its file, and what it holds."""

    name: str
    visibility: Visibility
    bookmarks: int
    passages: int
    size: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a segment: bookmarks in order of id, their passages, and the vectors of both.

    ``hashes`` are those of all texts that were embedded for each bookmark; ``vectors`` float32 ``[passages,
    d]`` and ``document_vectors`` float16 ``[bookmarks, d]`` are unit rows (zeros where there is no text).
    """

    bookmarks: Sequence[Bookmark]
    passages: Sequence[Sequence[Passage]]
    hashes: Sequence[Sequence[str]]
    vectors: NDArray[np.float32]
    document_vectors: NDArray[np.float16]

    def split(self) -> list[tuple[Visibility, Content]]:
        """The public and the private bookmarks apart."""
        lengths = [len(group) for group in self.passages]
        owners = np.repeat(np.arange(len(self.bookmarks)), lengths)
        parts: list[tuple[Visibility, Content]] = []
        for visibility in VISIBILITIES:
            if all(bookmark.visibility == visibility for bookmark in self.bookmarks):
                return [(visibility, self)]
            own = np.array([bookmark.visibility == visibility for bookmark in self.bookmarks], np.bool_)
            rows = np.flatnonzero(own).tolist()
            part = Content(
                [self.bookmarks[row] for row in rows],
                [self.passages[row] for row in rows],
                [self.hashes[row] for row in rows],
                self.vectors[own[owners]],
                self.document_vectors[own],
            )
            parts.append((visibility, part))
        return parts

    def arrays(self) -> Arrays:
        """The arrays of the segment."""
        # FAISS does not hold the interpreter, so the codes are made beside the words.
        with ThreadPoolExecutor(1) as beside:
            vectors = beside.submit(_vectors, self.vectors)
            return {**self._texts(), **vectors.result()}

    def _texts(self) -> Arrays:
        flat = b"".join(bytes.fromhex(text) for group in self.hashes for text in group)
        return {
            **Strings.arrays("ids", (bookmark.id for bookmark in self.bookmarks)),
            **Strings.arrays("hashes", map(content_hash, self.bookmarks)),
            **documents.build(self.bookmarks),
            **_facts(
                columns.build(self.bookmarks),
                completion.build([bookmark.title for bookmark in self.bookmarks]),
                self.document_vectors,
            ),
            **named(words.build(self.bookmarks), "words"),
            **named(passages.build(self.bookmarks, self.passages), "passages"),
            "embedded.hashes": np.frombuffer(flat, np.uint8).reshape(-1, 16),
            "embedded.last": np.cumsum([len(group) for group in self.hashes], dtype=np.int64),
        }


class Segment:
    """An opened segment. Safe to share between threads, and between views.

    Raises:
        GenerationError: the file is missing, or is not what was written.
    """

    def __init__(self, folder: Path, file: SegmentFile) -> None:
        self.file = file
        self._path = folder / f"{file.name}{SUFFIX}"
        self._state = _state(self._path)
        self._data = files.mapped(self._path, file.size, file.checksum)
        self._lease: Lease | None = None
        self._found = ""
        self.is_copied = False
        self.arrays = files.arrays_of(self._data)
        self.ids = Strings(self.arrays, "ids").all()
        self.words = SegmentWords(part(self.arrays, "words"))
        self.columns = part(self.arrays, "columns")
        self.titles = Titles(part(self.arrays, "titles"))
        self.documents = Documents(self.arrays)
        self.passages = part(self.arrays, "passages")
        self.vectors = PassageVectors(self.arrays["vectors"], self.arrays.get("codes"))
        self.document_vectors: NDArray[np.float16] = self.arrays["document_vectors"]
        self.language_sums: NDArray[np.float64] = self.arrays["language_sums"]

    def hold(self) -> None:
        """Have what is mapped stay as it is, where the system can; :meth:`damage` is to be asked often."""
        if self._lease or self.is_copied:
            return
        with contextlib.suppress(OSError):
            self._lease = Lease(self._path, self._data, self.file.checksum)

    def damage(self) -> str:
        """What has become of its file since it was opened, or "".

        One that is removed or replaced is none: what was mapped stays. What is written into the file, or
        cut off it, changes what is mapped; but of one that is held a copy is made before (``is_copied``),
        and this must be asked within seconds, since whoever writes waits for it.
        """
        if self._lease is not None and self._lease.is_wanted():
            self.is_copied = self._lease.give_up()
            self._lease = None
        now = _state(self._path)
        if now is None or self._state is None or now == self._state or now[0] != self._state[0]:
            return self._found
        try:
            files.mapped(self._path, self.file.size, self.file.checksum)
            self._found = ""
        except GenerationError as error:
            self._found = str(error)
        self._state = now
        return self._found

    @property
    def is_damaged(self) -> bool:
        """Whether its file was damaged when :meth:`damage` was asked last."""
        return bool(self._found)

    def hashes(self) -> list[str]:
        """The content hash of every bookmark."""
        return Strings(self.arrays, "hashes").all()

    def passage_counts(self) -> NDArray[np.int64]:
        """How many passages every bookmark has."""
        return np.diff(self.passages["last"], prepend=0)

    def embedded(self, rows: Mask) -> NDArray[np.uint8]:
        """The hashes of the texts that were embedded for some bookmarks, ``[n, 16]`` bytes."""
        last = self.arrays["embedded.last"]
        hashes: NDArray[np.uint8] = self.arrays["embedded.hashes"]
        return hashes if rows.all() else hashes[np.repeat(rows, np.diff(last, prepend=0))]


def _state(path: Path) -> tuple[int, int, int] | None:
    """Which file there is, its size, and when it was written to last."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def write(folder: Path, name: str, visibility: Visibility, arrays: Arrays) -> SegmentFile:
    """Write a segment's file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    draft = folder / f".{name}{SUFFIX}"
    draft.unlink(missing_ok=True)
    size, checksum = files.write(draft, arrays)
    draft.replace(folder / f"{name}{SUFFIX}")
    return SegmentFile(name, visibility, len(arrays["ids.ends"]), len(arrays["vectors"]), size, checksum)


def merged(parts: Sequence[tuple[Segment, Mask]]) -> Arrays:
    """The arrays of one segment out of what is still alive in several; nothing is analysed or embedded."""
    chosen = sorted(
        (segment.ids[row], number, row)
        for number, (segment, alive) in enumerate(parts)
        for row in np.flatnonzero(alive).tolist()
    )
    count = len(chosen)
    numbers = np.array([number for _, number, _ in chosen], np.int64)
    old = np.array([row for _, _, row in chosen], np.int64)
    new = [np.full(len(segment.ids), -1, np.int64) for segment, _ in parts]
    for place, (_, number, row) in enumerate(chosen):
        new[number][row] = place
    document_vectors = _picked([segment.document_vectors for segment, _ in parts], numbers, old)
    spread = [
        _spread([segment.arrays[name] for segment, _ in parts], numbers, old)
        for name in ("passages.last", "embedded.last")
    ]
    flat = {
        name: np.concatenate([segment.arrays[name] for segment, _ in parts])[places]
        for places, names in zip(
            (spread[0][0], spread[1][0]),
            (
                ("passages.kind", "passages.annotation", "passages.start", "passages.length", "vectors"),
                ("embedded.hashes",),
            ),
            strict=True,
        )
        for name in names
    }
    vectors = flat.pop("vectors")
    return {
        **_facts(
            columns.merge(
                [(segment.columns, own) for (segment, _), own in zip(parts, new, strict=True)],
                count,
            ),
            completion.build([parts[number][0].titles[row] for _, number, row in chosen]),
            document_vectors,
        ),
        **Strings.picked([segment.arrays for segment, _ in parts], "ids", numbers, old),
        **Strings.picked([segment.arrays for segment, _ in parts], "hashes", numbers, old),
        **Strings.picked([segment.arrays for segment, _ in parts], "records", numbers, old),
        **named(
            words.merge(
                [
                    (part(segment.arrays, "words"), own)
                    for (segment, _), own in zip(parts, new, strict=True)
                ],
                count,
            ),
            "words",
        ),
        **flat,
        "passages.last": np.cumsum(spread[0][1]),
        "embedded.last": np.cumsum(spread[1][1]),
        **_vectors(vectors),
    }


def _facts(facts: Arrays, titles: Arrays, document_vectors: NDArray[np.float16]) -> Arrays:
    """What bookmarks are filtered, counted and completed by, and their vectors."""
    languages = len(facts["languages_values.ends"])
    return {
        **named(facts, "columns"),
        **named(titles, "titles"),
        "document_vectors": document_vectors,
        "language_sums": sums_of(document_vectors, facts["languages_codes"], languages),
    }


def _vectors(vectors: NDArray[Any]) -> Arrays:
    codes = codes_of(vectors)
    if codes is None:
        return {"vectors": vectors}
    return {"vectors": vectors.astype(np.float16), "codes": codes}


def _picked(
    sources: Sequence[NDArray[Any]], numbers: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[Any]:
    """One row after another, each out of the source of its number."""
    offsets = np.cumsum([0, *(len(source) for source in sources)])
    return np.concatenate(sources)[offsets[numbers] + rows]


def _spread(
    lasts: Sequence[NDArray[np.int64]], numbers: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of rows that have spans: where their items lie in all sources together, and how many each has."""
    ends = [np.asarray(last, np.int64) for last in lasts]
    sizes = [np.diff(last, prepend=0) for last in ends]
    offsets = np.cumsum([0, *(int(last[-1]) if len(last) else 0 for last in ends)])
    lengths = _picked(sizes, numbers, rows)
    starts = _picked(ends, numbers, rows) - lengths + offsets[numbers]
    return words.spans(starts, lengths), lengths
