"""How often one key or one address may ask: a bucket for each, which fills up again (pure)."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# Buckets that are kept; the one that was used longest ago goes first. A full one is like none.
MAX_BUCKETS = 20_000


class Limiter:
    """Allows ``per_minute`` on average, and as many at once; for any number of threads.

    Args:
        per_minute: 0 for no limit.
        clock: seconds, from any start.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, who: str) -> int:
        """Count one; 0 where it may be, otherwise in how many seconds it may."""
        return self._look(who, 1.0)

    def blocked(self, who: str) -> int:
        """As :meth:`take`, without counting."""
        return self._look(who, 0.0)

    def _look(self, who: str, cost: float) -> int:
        if not self._size:
            return 0
        with self._lock:
            now = self._clock()
            left, since = self._buckets.get(who, (self._size, now))
            left = min(self._size, left + (now - since) * self._size / 60)
            allowed = left >= 1
            if allowed and cost:
                self._buckets[who] = (left - cost, now)
                self._buckets.move_to_end(who)
                if len(self._buckets) > MAX_BUCKETS:
                    self._buckets.popitem(last=False)
            return 0 if allowed else math.ceil(round((1 - left) * 60 / self._size, 6))
