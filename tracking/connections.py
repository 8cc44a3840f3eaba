"""All open connections of this process, whatever the transport: counted, limited, sent away."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

from tracking.live.rate import Allowance
from tracking.metrics import TrackingMetrics
from tracking.settings import TrackingSettings

DRAIN_STEPS: Final = 20
BURST: Final = 2
"""So many seconds' worth of new connections may come at once."""


class Guest(Protocol):
    """An open connection."""

    def dismiss(self, reconnect_after_ms: int) -> None:
        """Ask its client to come again after so long, and end it. Returns at once."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnedAway:
    """Why somebody may not even begin: what is said by status, and when to come again."""

    reason: str
    status: int
    retry_after_s: int


class Connections:
    """Who is here."""

    def __init__(self, metrics: TrackingMetrics, settings: TrackingSettings) -> None:
        """Keep to these settings."""
        self.draining = False
        self._metrics = metrics
        self._settings = settings
        self._open: set[Guest] = set()
        self._of_customer: Counter[str] = Counter()
        self._of_address: Counter[str] = Counter()
        self._admissions = Allowance(
            settings.admissions_per_s, int(settings.admissions_per_s * BURST)
        )
        self._empty = asyncio.Event()
        self._empty.set()

    def refusal(self, address: str) -> TurnedAway | None:
        """Tell why a newcomer is turned away before anything is done for them; None: welcome."""
        turned = self._refusal(address)
        if turned is not None:
            self._metrics.rejected.labels(turned.reason).inc()
        return turned

    def _refusal(self, address: str) -> TurnedAway | None:
        if self.draining:
            return TurnedAway(reason="draining", status=503, retry_after_s=1)
        if len(self._open) >= self._settings.connections:
            return TurnedAway(reason="full", status=503, retry_after_s=5)
        if self._of_address[address] >= self._settings.connections_per_address:
            return TurnedAway(reason="address", status=429, retry_after_s=30)
        if not self._admissions.take():
            return TurnedAway(reason="overloaded", status=503, retry_after_s=2)
        return None

    @contextmanager
    def opened(self, guest: Guest, transport: str, address: str) -> Iterator[None]:
        """Count a connection while the block runs."""
        self._open.add(guest)
        self._of_address[address] += 1
        self._empty.clear()
        self._metrics.connections.labels(transport).inc()
        try:
            yield
        finally:
            self._open.discard(guest)
            _count_down(self._of_address, address)
            if not self._open:
                self._empty.set()
            self._metrics.connections.labels(transport).dec()

    def admit(self, customer_id: str) -> bool:
        """Count a customer's connection; False, and nothing counted, if they have too many."""
        if self._of_customer[customer_id] >= self._settings.connections_per_customer:
            return False
        self._of_customer[customer_id] += 1
        return True

    def leave(self, customer_id: str) -> None:
        """Count an admitted connection as gone."""
        _count_down(self._of_customer, customer_id)

    async def drain(self, window_s: float) -> None:
        """Send everybody away, in batches over the window, and wait until all have left.

        Each is told another moment to come again, so that the next process is not run over.
        """
        self.draining = True
        guests = list(self._open)
        random.shuffle(guests)
        size = -(-len(guests) // DRAIN_STEPS) or 1
        deadline = asyncio.get_running_loop().time() + window_s
        for start in range(0, len(guests), size):
            for guest in guests[start : start + size]:
                guest.dismiss(random.randint(0, int(window_s * 1000)))  # noqa: S311 - jitter
            await asyncio.sleep(window_s / DRAIN_STEPS / 2)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._empty.wait()


def _count_down(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]
