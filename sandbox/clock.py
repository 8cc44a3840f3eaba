"""Time that a test can move: a clock, and an agenda of what falls due on it.

Both sandboxes keep every provider-side delay (a bank that answers late, a webhook retry, a parcel's
next scan) on one `Clock`, so that `POST /_control/clock` can skip days in one call.
"""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable

Action = Callable[[float], None]

log = logging.getLogger(__name__)


class Clock:
    """Unix time that runs at `speed` times the real pace and can be moved forward.

    Args:
        speed: sandbox seconds per real second; must be above zero.
        ahead_s: how far the clock is ahead of real time at the start. A sandbox that persists its
            state stores `ahead_s` and hands it back here, so that time never runs backwards.
    """

    def __init__(self, *, speed: float = 1.0, ahead_s: float = 0.0) -> None:
        if speed <= 0:
            message = f"clock speed must be above zero, not {speed}"
            raise ValueError(message)
        self.speed = speed
        self._origin = time.time() + ahead_s
        self._started = time.monotonic()
        self._moved_s = 0.0

    def now(self) -> float:
        """Return sandbox time in unix seconds."""
        return self._origin + self._moved_s + (time.monotonic() - self._started) * self.speed

    @property
    def ahead_s(self) -> float:
        """Return how many seconds the clock is ahead of real time."""
        return self.now() - time.time()

    def advance(self, seconds: float) -> None:
        """Move the clock forward at once; never backwards.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            message = "a clock only moves forward"
            raise ValueError(message)
        self._moved_s += seconds


class Agenda:
    """Actions that fall due at a moment of a `Clock`, run in due order.

    An action is a plain function that receives the moment it was due at (unix seconds), which after
    a jump of the clock may lie well before `clock.now()`; an action that plans its successor from
    that moment therefore plays a long story in one jump. IO belongs in a task that the action
    starts. Nothing is persisted: whoever owns the state plans again after a restart.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._heap: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._changed = asyncio.Event()

    def plan(self, due_at: float, action: Action) -> None:
        """Run `action(due_at)` as soon as the clock reaches `due_at` (unix seconds)."""
        heapq.heappush(self._heap, (due_at, next(self._order), action))
        self._changed.set()

    def run_due(self) -> int:
        """Run everything that is due, also what becomes due meanwhile; return how many ran."""
        ran = 0
        while self._heap and self._heap[0][0] <= self.clock.now():
            due_at, _, action = heapq.heappop(self._heap)
            self._run(action, due_at)
            ran += 1
        return ran

    def advance(self, seconds: float) -> int:
        """Move the clock forward and run what has fallen due; return how many actions ran."""
        self.clock.advance(seconds)
        ran = self.run_due()
        self._changed.set()
        return ran

    async def run(self) -> None:
        """Run due actions until cancelled: the background task of a sandbox."""
        while True:
            self._changed.clear()
            self.run_due()
            try:
                await asyncio.wait_for(self._changed.wait(), self._real_seconds_to_next())
            except TimeoutError:
                continue

    @staticmethod
    def _run(action: Action, due_at: float) -> None:
        try:
            action(due_at)
        except Exception:
            # One broken action must not stop the time of everything else.
            log.exception("agenda_action_failed")

    def _real_seconds_to_next(self) -> float | None:
        if not self._heap:
            return None
        return max(0.0, self._heap[0][0] - self.clock.now()) / self.clock.speed
