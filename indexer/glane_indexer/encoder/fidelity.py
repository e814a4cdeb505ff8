"""Whether an encoder's fast form still points where its full precision does (pure).

It is measured on a few hundred texts when the form is made, and on a few of them wherever it is loaded:
kernels differ between processors, and an index made on one machine is served by another. (ONNX Runtime's
kernels for unsigned by signed bytes add two products in 16 bits where a processor has no VNNI
instructions. With weights of 8 bits the sum overflows there, and the vectors turn by a cosine of .99.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glane_indexer.encoder.base import Vectors

# Cosines with full precision: of all texts on average, and of each.
LEAST_MEAN = 0.999
LEAST = 0.997


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The cosines between the vectors of two forms of one encoder: their mean, and the least."""

    mean: float
    least: float

    @property
    def holds(self) -> bool:
        """Whether the one may stand for the other."""
        return self.mean >= LEAST_MEAN and self.least >= LEAST

    def __str__(self) -> str:
        return f"cosine {self.mean:.4f} on average, {self.least:.4f} at least"


@dataclass(frozen=True, slots=True)
class Probes:
    """Texts with their prefixes, and their unit vectors in full precision, ``[len(texts), d]``."""

    texts: tuple[str, ...]
    vectors: Vectors

    def fidelity(self, found: Vectors) -> Fidelity:
        """How near other unit vectors of the same texts are."""
        cosines = np.einsum("nd,nd->n", self.vectors, found)
        return Fidelity(float(cosines.mean()), float(cosines.min()))

    def few(self, count: int) -> Probes:
        """Some of them, from all over: every n-th."""
        places = np.linspace(0, len(self.texts) - 1, min(count, len(self.texts))).astype(int)
        return Probes(tuple(self.texts[place] for place in places), self.vectors[places])


def texts(prefixes: tuple[str, str]) -> list[str]:
    """The texts that an encoder is measured on: the questions of the sample library and a quarter of its
    passages, all those that are in neither French nor English, and one as long as passages get.

    Args:
        prefixes: what is put before a question and before a passage.
    """
    from glane_indexer.importers import jsonl
    from glane_indexer.importers.source import Source
    from glane_indexer.models import Bookmark
    from glane_indexer.sample.load import library_bytes, queries

    read = jsonl.read(Source(library_bytes()))
    bookmarks = [item for item in read if isinstance(item, Bookmark)]
    passages = [item.text for each in bookmarks for item in each.annotations][::4]
    passages += [each.description for each in bookmarks if each.description][::4]
    for each in bookmarks:
        if each.language not in ("fr", "en"):
            passages += [each.title, *(item.text for item in each.annotations)]
    longest = " ".join(passages[:12])
    return [prefixes[0] + text for text in queries().values()] + [
        prefixes[1] + text for text in dict.fromkeys([longest, *passages])
    ]


def ordered(found: Sequence[Vectors]) -> Vectors:
    """Vectors of single texts as rows, of length 1."""
    rows = np.asarray(found, np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
