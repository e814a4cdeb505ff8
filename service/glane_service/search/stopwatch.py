"""How long each stage of a question takes (pure)."""

from __future__ import annotations

import time
from typing import Literal

Stage = Literal["question", "encoder", "keyword", "vector", "rank", "present", "facets"]
STAGES: tuple[Stage, ...] = ("question", "encoder", "keyword", "vector", "rank", "present", "facets")


class Stopwatch:
    """Runs from when it is made; each lap belongs to the stage that has just ended."""

    __slots__ = ("_begun", "_last", "stages")

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self.stages: dict[Stage, float] = {}
        """The milliseconds of each stage that has ended."""

    def lap(self, stage: Stage) -> None:
        """A stage has ended."""
        now = time.perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now

    @property
    def milliseconds(self) -> float:
        """Since it was made."""
        return (time.perf_counter() - self._begun) * 1000
