"""What this machine has."""

from __future__ import annotations

import os


def cores() -> int:
    """The cores that this process may use; where the system cannot say (macOS), all there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_of(threads: int, workers: int) -> int:
    """The threads that each of ``workers`` processes has where all have ``threads``; 0 means one per core.

    At least 1 each: two workers on one core take turns.
    """
    return max(1, (threads or cores()) // max(1, workers))
