"""How many processor cores this process may use (pure)."""

from __future__ import annotations

import os


def available_cores() -> int:
    """The cores that this process is allowed to run on, at least 1.

    Where the system does not say (macOS has no affinity), all cores of the machine.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def share_of(threads: int, workers: int) -> int:
    """The threads that each of ``workers`` processes has where all have ``threads``; 0 means one per core.

    At least 1 each: two workers on one core take turns.
    """
    return max(1, (threads or available_cores()) // max(1, workers))
