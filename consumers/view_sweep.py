"""Compares each order's head with its view and pulls what is lost: also a lost tail comes back."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from consumers.metrics import ConsumerMetrics
from consumers.needs import ViewTiming
from consumers.view_repair import ViewRepair
from domain.errors import ServiceUnavailable
from domain.ports import Clock, OrderHeads

logger = logging.getLogger(__name__)

LIMIT = 500
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepResult:
    """How many views were behind, and how many of them are complete now."""

    behind: int
    healed: int


class ViewSweep:
    """One pass over the orders whose view lags behind a head that was recorded a while ago."""

    def __init__(
        self,
        *,
        heads: OrderHeads,
        repair: ViewRepair,
        clock: Clock,
        timing: ViewTiming,
        metrics: ConsumerMetrics,
    ) -> None:
        self._heads = heads
        self._repair = repair
        self._clock = clock
        self._timing = timing
        self._metrics = metrics

    async def once(self) -> SweepResult:
        """Heal up to `LIMIT` orders; the next pass takes the rest.

        Raises:
            StoreUnavailable: the heads cannot be read.
        """
        older_than = self._clock.now() - timedelta(seconds=self._timing.sweep_older_than_s)
        behind = await self._heads.behind(older_than, LIMIT)
        self._metrics.views_behind.set(len(behind))
        places = asyncio.Semaphore(AT_ONCE)

        async def heal(order_id: str) -> bool:
            async with places:
                return await self._repair.heal(order_id, found_by="sweep")

        healed = await asyncio.gather(*(heal(order_id) for order_id in behind))
        return SweepResult(behind=len(behind), healed=sum(healed))

    async def run(self, stop: asyncio.Event) -> None:
        """Sweep now and then every `sweep_every_s`, until told to stop."""
        while not stop.is_set():
            try:
                result = await self.once()
            except ServiceUnavailable as error:
                logger.warning("view_sweep_failed", extra={"error": type(error).__name__})
            else:
                if result.behind:
                    logger.info(
                        "view_sweep", extra={"behind": result.behind, "healed": result.healed}
                    )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._timing.sweep_every_s)
