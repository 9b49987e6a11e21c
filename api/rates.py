"""How often someone may ask: token buckets, in bounded memory.

A bucket holds up to `burst` requests and is refilled by `per_s` a second; a request takes one, and is refused when
there is none. Only the buckets of the most recent callers are kept. A caller whose bucket had to go starts with a full
one: with fewer than `_KEPT` callers at a time, and a bucket is full again after `burst / per_s` seconds anyway.
"""

import math
from collections import OrderedDict

__all__ = ["Rates"]

_KEPT = 10_000


class Rates:
    """The buckets of all callers; with `per_s` 0 nothing is limited."""

    def __init__(self, per_s: float, burst: int, *, kept: int = _KEPT) -> None:
        self.per_s = per_s
        self.burst = burst
        self._kept = kept
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and when that was so

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._buckets)

    def take(self, caller: str, now: float) -> int:
        """Take one request of `caller` at `now`, in seconds; return 0, or in how many seconds to try again.

        What is refused takes nothing: whoever keeps asking gets as much as whoever waits.
        """
        if not self.per_s:
            return 0
        left, since = self._buckets.pop(caller, (float(self.burst), now))
        left = min(float(self.burst), left + max(0.0, now - since) * self.per_s)
        wait = 0 if left >= 1 else math.ceil((1 - left) / self.per_s)
        self._buckets[caller] = (left if wait else left - 1, now)
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        return wait
