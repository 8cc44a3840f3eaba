"""How old the oldest event is that the view has not applied: the view's own honesty, measured."""

import asyncio
import contextlib
import logging

from consumers.metrics import ConsumerMetrics
from domain.errors import ServiceUnavailable
from domain.ports import Clock, OrderHeads

logger = logging.getLogger(__name__)

EVERY_S = 1.0


class ViewStaleness:
    """Looks once a second and exports what it sees; `deploy/prometheus` alarms on it."""

    def __init__(self, *, heads: OrderHeads, clock: Clock, metrics: ConsumerMetrics) -> None:
        self._heads = heads
        self._clock = clock
        self._metrics = metrics

    async def once(self) -> float:
        """Measure and export; return the staleness in seconds, 0 when nothing is outstanding.

        Raises:
            StoreUnavailable: the heads cannot be read; the exported figure stays as it was.
        """
        since = await self._heads.oldest_behind()
        age_s = (self._clock.now() - since).total_seconds() if since else 0.0
        staleness_s = max(0.0, age_s)
        self._metrics.view_staleness_s.set(staleness_s)
        return staleness_s

    async def run(self, stop: asyncio.Event) -> None:
        """Measure until told to stop."""
        while not stop.is_set():
            try:
                await self.once()
            except ServiceUnavailable as error:
                logger.warning("staleness_unknown", extra={"error": type(error).__name__})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_S)
