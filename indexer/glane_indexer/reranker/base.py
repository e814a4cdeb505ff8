"""What a reranker is: a question and passages in, a score for each out, in a time that is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """Scores passages for a question, safe to call from any thread."""

    @property
    def name(self) -> str:
        """The model's name or folder, as the settings name it."""
        ...

    def scores(self, question: str, passages: Sequence[str], deadline: float) -> list[float] | None:
        """How well each passage answers, the higher the better; None where the time ran out.

        Args:
            deadline: the moment of ``time.perf_counter()`` after which no more passages are begun.

        Raises:
            EncoderError: the model failed.
        """
        ...
