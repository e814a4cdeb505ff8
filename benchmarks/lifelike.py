"""Large libraries that are like real ones: texts of a real vocabulary, vectors near real vectors.

Words are drawn as often as a real collection has them, with a tail of invented ones that grows with the
library, as vocabularies do. A vector is that of a real passage, moved towards a near one and by the
difference of two others near it, so it stays in the cone, the clusters and the directions of the encoder's
own vectors (uniform noise would be far harder to compress, and tell nothing). Passages of one bookmark are
near one another.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from benchmarks.encoder import passages as sample_passages
from glane_indexer.encoder.base import Encoder, EncoderInfo, Progress, Vectors
from glane_indexer.models import Annotation, Bookmark
from glane_indexer.sample.load import queries

ANNOTATIONS = 4
# A title card and the annotations; the text of the bookmark as a whole is one text more.
PASSAGES = ANNOTATIONS + 1
WORDS = 24
NEAR = 24
INVENTED = 0.02


@dataclass(frozen=True, slots=True)
class Source:
    """What is real: passages and questions, and the vectors of both (unit rows)."""

    passages: Sequence[str]
    questions: Sequence[str]
    passage_vectors: Vectors
    question_vectors: Vectors
    encoder: str


def source(encoder: Encoder, corpus: Path | None = None, seeds: int = 1500) -> Source:
    """The passages and questions of a BEIR folder, or of the sample library, with their vectors.

    The vectors are kept in the system's folder for temporary files, since embedding takes a minute.
    """
    if corpus is None:
        passages, asked = sample_passages(encoder, seeds), list(queries().values())
    else:
        chance = random.Random(1)  # noqa: S311
        documents = [json.loads(line) for line in (corpus / "corpus.jsonl").open(encoding="utf-8")]
        chance.shuffle(documents)
        passages = []
        for document in documents[:seeds]:
            text = document["text"]
            start = chance.randrange(max(1, len(text) - 350))
            passages.append(f"{document.get('title', '')}\n{text[start : start + 350]}")
        lines = (corpus / "queries.jsonl").open(encoding="utf-8")
        asked = [json.loads(line)["text"] for line in lines]
    name = xxhash.xxh3_64_hexdigest("\n".join([encoder.info.fingerprint, *passages, *asked]).encode())
    kept = Path(tempfile.gettempdir()) / f"glane-benchmark-{name}.npz"
    if kept.exists():
        with np.load(kept) as arrays:
            return Source(passages, asked, arrays["passages"], arrays["questions"], encoder.info.name)
    found = Source(
        passages, asked, encoder.encode_passages(passages), encoder.encode_queries(asked), encoder.info.name
    )
    draft = kept.with_suffix(".part.npz")
    np.savez(draft, passages=found.passage_vectors, questions=found.question_vectors)
    draft.replace(kept)
    return found


class LifelikeEncoder:
    """An encoder that costs nothing: questions have their real vectors, passages ones by their hashes."""

    def __init__(self, source: Source) -> None:
        vectors = source.passage_vectors
        self.info = EncoderInfo(source.encoder, f"lifelike-{source.encoder}", vectors.shape[1], 512)
        self._vectors = vectors
        self._near = np.empty((len(vectors), min(NEAR, len(vectors))), np.int64)
        for start in range(0, len(vectors), 1000):
            scores = vectors[start : start + 1000] @ vectors.T
            self._near[start : start + 1000] = np.argsort(-scores, axis=1)[:, : self._near.shape[1]]
        self._questions = dict(zip(source.questions, source.question_vectors, strict=True))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions: real ones where they are known."""
        found = [self._questions.get(text) for text in texts]
        others = iter(
            self.encode_passages([text for text, known in zip(texts, found, strict=True) if known is None])
        )
        return np.array([next(others) if known is None else known for known in found], np.float32)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """The vectors of passages: the first line says about where, the rest where exactly."""
        if progress:
            progress(len(texts))
        if not texts:
            return np.zeros((0, self.info.dimensions), np.float32)
        about = np.array(
            [xxhash.xxh3_64_intdigest(text.split("\n", 1)[0].encode()) for text in texts], np.uint64
        )
        exact = np.array([xxhash.xxh3_64_intdigest(text.encode()) for text in texts], np.uint64)
        centre = (about % np.uint64(len(self._vectors))).astype(np.int64)
        near, width = self._near[centre], np.uint64(self._near.shape[1])

        def chosen(shift: int) -> Vectors:
            places = ((exact >> np.uint64(shift)) % width).astype(np.int64)
            found: Vectors = self._vectors[near[np.arange(len(texts)), places]]
            return found

        share = ((exact >> np.uint64(40)) % np.uint64(1000)).astype(np.float32)[:, None] / 1000
        rows = (1 - share) * chosen(0) + share * chosen(8) + np.float32(0.5) * (chosen(16) - chosen(24))
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About the real number."""
        return [len(text) // 3 for text in texts]


def bookmarks(source: Source, count: int) -> Iterator[Bookmark]:
    """So many bookmarks of :data:`PASSAGES` passages each."""
    chance = np.random.default_rng(5)
    words = Counter(word for text in source.passages for word in text.split())
    known = np.array([*words, *(f"mot{number:06d}" for number in range(2000 + count // 2))], dtype=object)
    tail = 1 / np.arange(1, len(known) - len(words) + 1)
    shares = np.concatenate(
        [
            np.array(list(words.values())) / words.total() * (1 - INVENTED),
            tail / tail.sum() * INVENTED,
        ]
    )
    bounds = np.cumsum(shares)
    tags = [word for word, _ in words.most_common(400) if len(word) > 5]
    first = datetime(2010, 1, 1, tzinfo=UTC)
    for start in range(0, count, 500):
        size = min(500, count - start)
        drawn = known[
            np.minimum(
                np.searchsorted(bounds, chance.random((size, 7 + ANNOTATIONS * WORDS))), len(known) - 1
            )
        ]
        for row in range(size):
            number, said = start + row, drawn[row].tolist()
            yield Bookmark(
                title=" ".join(said[:7]),
                url=f"https://site{number % 997}.example/{number}",
                tags=tuple(dict.fromkeys((tags[number % len(tags)], tags[number * 7 % len(tags)]))),
                contributor=f"Contributor {number % 40}",
                created_at=first + timedelta(hours=number),
                language="fr",
                annotations=tuple(
                    Annotation(" ".join(said[7 + WORDS * place : 7 + WORDS * (place + 1)]))
                    for place in range(ANNOTATIONS)
                ),
            )


def every_vector(vectors: Sequence[NDArray[np.float16]], question: Vectors) -> Vectors:
    """The cosines of all passages, exactly: what an approximate search is held against."""
    found = [
        np.asarray(rows[start : start + 50_000], np.float32) @ question
        for rows in vectors
        for start in range(0, len(rows), 50_000)
    ]
    return np.concatenate(found)
