"""Folds the event log into the view of an order; used by the consumer and its repairs."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from consumers.turns import Turns
from domain.catch_up import contiguous
from domain.errors import ServiceUnavailable, StoreUnavailable
from domain.events import OrderEvent
from domain.ports import EventLog, LiveFeed, OrderHeads, OrderViews, Position
from domain.view import OrderView, fold

logger = logging.getLogger(__name__)

ATTEMPTS = 50
"""Each lost race means that somebody else moved the view on: so many are never for nothing."""

PAGE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a view stands after folding; `missing`: later events wait in the log behind a hole."""

    view: OrderView | None
    missing: bool


class ViewProjection:
    """Log before view, view before live.

    An event of a higher epoch starts the view anew from that epoch's log, once its beginning is
    there; events of a lower epoch are kept in the log and not folded.
    """

    def __init__(
        self, *, log: EventLog, views: OrderViews, heads: OrderHeads, live: LiveFeed
    ) -> None:
        self._log = log
        self._views = views
        self._heads = heads
        self._live = live
        self._turns = Turns()

    async def apply(self, order_id: str, events: Sequence[OrderEvent]) -> Progress:
        """Store one order's events and fold everything that now follows without a hole. Idempotent.

        Raises:
            StoreUnavailable: nothing is lost; the same events may come again.
        """
        if events:
            await self._log.append(events)
        return await self.catch_up(order_id, max((event.epoch for event in events), default=0))

    async def catch_up(self, order_id: str, epoch: int = 0) -> Progress:
        """Fold what is stored; `epoch` is the newest that is known of."""
        async with self._turns.of(order_id):
            for _ in range(ATTEMPTS):
                progress = await self._step(order_id, epoch)
                if progress is not None:
                    return progress
        message = f"the view of {order_id} was moved on by others {ATTEMPTS} times in a row"
        raise StoreUnavailable(message)

    async def _step(self, order_id: str, epoch: int) -> Progress | None:
        """Fold one page; None when there is more to do or somebody else was first."""
        view = await self._views.get(order_id)
        target = max(epoch, view.epoch if view else 1)
        start = view if view is not None and view.epoch == target else None
        after = Position(epoch=target, sequence=start.sequence if start else 0)
        stored = await self._log.read(order_id, target, after.sequence, PAGE)
        run = contiguous(stored, after)
        if not run:
            await self._record(view)
            return Progress(view=view, missing=bool(stored))
        folded = reduce(fold, run[1:], fold(start, run[0]))
        if not await self._views.save(folded, expected=Position.of(view) if view else None):
            return None
        await self._announce(run)
        await self._record(folded)
        if len(stored) == PAGE:
            return None
        return Progress(view=folded, missing=len(run) < len(stored))

    async def _announce(self, run: Sequence[OrderEvent]) -> None:
        """Tell those who watch; a failure costs them speed, not truth."""
        try:
            await self._live.announce(run)
        except ServiceUnavailable as error:
            logger.warning(
                "live_announcement_failed",
                extra={"event_id": run[-1].id, "error": type(error).__name__},
            )

    async def _record(self, view: OrderView | None) -> None:
        """Tell the sweep how far the view is; repeated after a crash between save and here."""
        if view is not None:
            await self._heads.caught_up(view.order_id, Position.of(view))
