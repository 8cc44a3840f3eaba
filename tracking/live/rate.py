"""How fast a client may speak."""

import time
from collections.abc import Callable


class Allowance:
    """A bucket that fills steadily up to a burst."""

    __slots__ = ("_burst", "_left", "_now", "_per_s", "_seen")

    def __init__(self, per_s: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        """Start full."""
        self._per_s, self._burst, self._now = per_s, burst, now
        self._left, self._seen = float(burst), now()

    def take(self) -> bool:
        """Take one; False if nothing is left."""
        now = self._now()
        self._left = min(self._burst, self._left + (now - self._seen) * self._per_s)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
