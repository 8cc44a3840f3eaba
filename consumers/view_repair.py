"""Completes a view from the order's workflow when events went missing on the way."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from consumers.metrics import ConsumerMetrics
from consumers.view_projection import Progress, ViewProjection
from domain.catch_up import FillHole, newer_than
from domain.errors import OrderError, ServiceUnavailable
from domain.ports import Position
from domain.view import OrderView

logger = logging.getLogger(__name__)

TICK_S = 0.25


class ViewRepair:
    """Asks the workflow for what the view lacks and applies it like any other news."""

    def __init__(
        self, *, projection: ViewProjection, events_since: FillHole, metrics: ConsumerMetrics
    ) -> None:
        self._projection = projection
        self._events_since = events_since
        self._metrics = metrics

    async def heal(self, order_id: str, found_by: str) -> bool:
        """Bring one order's view up to its workflow; False if that is not possible now.

        Idempotent. Never raises for an order's or a service's fault: those are logged and counted,
        and the next sweep tries again.
        """
        try:
            before = await self._projection.catch_up(order_id)
            after = Position.of(before.view) if before.view else None
            events = await newer_than(self._events_since, order_id, after)
            progress = await self._projection.apply(order_id, events)
        except (OrderError, ServiceUnavailable, ValueError) as error:
            name = type(error).__name__
            self._metrics.views_unhealed.labels(found_by, name).inc()
            logger.warning(
                "view_not_healed",
                extra={"order_id": order_id, "found_by": found_by, "error": name},
            )
            return False
        if _moved(before, progress):
            self._metrics.views_healed.labels(found_by).inc()
            logger.info("view_healed", extra={"order_id": order_id, "found_by": found_by})
        return not progress.missing


class HoleWatch:
    """Gives a hole a moment to fill itself, then asks the workflow."""

    def __init__(
        self,
        *,
        repair: ViewRepair,
        projection: ViewProjection,
        wait_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repair = repair
        self._projection = projection
        self._wait_s = wait_s
        self._monotonic = monotonic
        self._due: dict[tuple[str, int], float] = {}

    def note(self, order_id: str, epoch: int) -> None:
        """Remember that an order's log has a hole in an epoch, which may be newer than its view."""
        self._due.setdefault((order_id, epoch), self._monotonic() + self._wait_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Look after the noted orders until told to stop."""
        while not stop.is_set():
            await self.look_after_due()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_S)

    async def look_after_due(self) -> None:
        """Heal each noted order whose time has come and whose hole is still there.

        One that cannot be healed now is left to the sweep.
        """
        now = self._monotonic()
        for order_id, epoch in [noted for noted, due in self._due.items() if due <= now]:
            del self._due[order_id, epoch]
            try:
                progress = await self._projection.catch_up(order_id, epoch)
            except ServiceUnavailable:
                continue
            if progress.missing:
                await self._repair.heal(order_id, found_by="hole")


def _moved(before: Progress, after: Progress) -> bool:
    def place(view: OrderView | None) -> tuple[int, int]:
        return (view.epoch, view.sequence) if view else (0, 0)

    return place(after.view) > place(before.view)
