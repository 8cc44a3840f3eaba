"""All open connections of this process, whatever the transport: counted, limited, sent away."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from tracking.metrics import TrackingMetrics

DRAIN_STEPS: Final = 20


class Guest(Protocol):
    """An open connection."""

    def dismiss(self, reconnect_after_ms: int) -> None:
        """Ask its client to come again after so long, and end it. Returns at once."""
        ...


class Connections:
    """Who is here."""

    def __init__(self, metrics: TrackingMetrics, per_customer: int) -> None:
        """Allow each customer so many connections."""
        self.draining = False
        self._metrics = metrics
        self._per_customer = per_customer
        self._open: set[Guest] = set()
        self._of_customer: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def opened(self, guest: Guest, transport: str) -> Iterator[None]:
        """Count a connection while the block runs."""
        self._open.add(guest)
        self._empty.clear()
        self._metrics.connections.labels(transport).inc()
        try:
            yield
        finally:
            self._open.discard(guest)
            if not self._open:
                self._empty.set()
            self._metrics.connections.labels(transport).dec()

    def admit(self, customer_id: str) -> bool:
        """Count a customer's connection; False, and nothing counted, if they have too many."""
        if self._of_customer[customer_id] >= self._per_customer:
            return False
        self._of_customer[customer_id] += 1
        return True

    def leave(self, customer_id: str) -> None:
        """Count an admitted connection as gone."""
        self._of_customer[customer_id] -= 1
        if not self._of_customer[customer_id]:
            del self._of_customer[customer_id]

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
