"""What an encoder is: text in, unit vectors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Which encoder made a vector.

    Two encoders with one ``fingerprint`` share a vector space: the same weights, prefixes, pooling,
    limit and precision of the query side. ``max_tokens`` counts the prefix and the special tokens.
    """

    name: str
    fingerprint: str
    dimensions: int
    max_tokens: int

    def to_json(self) -> dict[str, str | int]:
        """The facts by name."""
        return asdict(self)


class Encoder(Protocol):
    """Turns questions and passages into float32 rows of length 1, safe to call from any thread."""

    @property
    def info(self) -> EncoderInfo:
        """Which encoder this is."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions: ``[n, d]``, each row of length 1."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """The vectors of passages: ``[n, d]``, each row of length 1.

        ``progress(k)`` is called as the work goes on: k more passages are done.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as a passage, with its prefix and the special tokens, uncut."""
        ...


def clean(text: str) -> str:
    """The text as an encoder takes it: no space around it, and no halves of surrogate pairs."""
    text = text.strip()
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
