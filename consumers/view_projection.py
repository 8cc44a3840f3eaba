"""Folds the event log into the view of an order; used by the consumer and its repairs."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from consumers.turns import Turns
from domain.catch_up import contiguous
from domain.errors import ServiceUnavailable, StoreUnavailable
from domain.events import OrderEvent
from domain.ports import (
    EventLog,
    LiveFeed,
    NextViews,
    NoBuild,
    OrderHeads,
    OrderViews,
    Position,
)
from domain.view import OrderView, fold

logger = logging.getLogger(__name__)

ATTEMPTS = 50
"""Each lost race means that somebody else moved the view on: so many are never for nothing."""

PAGE = 1000

NOWHERE = Position(epoch=0, sequence=0)


Tell = Callable[[OrderView, Sequence[OrderEvent]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a view stands after folding; `missing`: later events wait in the log behind a hole."""

    view: OrderView | None
    missing: bool


class ViewProjection:
    """Log before view, view before live.

    An event of a higher epoch starts the view anew from that epoch's log, once its beginning is
    there; events of a lower epoch are kept in the log and not folded. Views that are being built
    are written before the live ones, so that whoever reads them after a switch sees no older state.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        views: OrderViews,
        heads: OrderHeads,
        live: LiveFeed,
        builds: NextViews | None = None,
    ) -> None:
        self._builds = builds or NoBuild()
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
            built = await self._build(order_id, epoch)
            return await Folding(self._log, self._views, self._tell).complete(
                order_id, epoch, built
            )

    async def _build(self, order_id: str, epoch: int) -> Position | None:
        """Fold into the views that are being built; return how far the live one may go.

        None without a build. No further than the new view: what somebody else stores meanwhile
        would stand in the live one alone, and a switch would take it back.
        """
        being_built = await self._builds.under_construction()
        if being_built is None:
            return None
        live = await self._views.get(order_id)
        newest = max(epoch, live.epoch if live else 0)
        view = (await Folding(self._log, being_built).complete(order_id, newest)).view
        return Position.of(view) if view else NOWHERE

    async def _tell(self, view: OrderView, run: Sequence[OrderEvent]) -> None:
        if run:
            await self._announce(run)
        # Also without news: a crash may have come between saving the view and this.
        await self._heads.caught_up(view.order_id, Position.of(view))

    async def _announce(self, run: Sequence[OrderEvent]) -> None:
        """Tell those who watch; a failure costs them speed, not truth."""
        try:
            await self._live.announce(run)
        except ServiceUnavailable as error:
            logger.warning(
                "live_announcement_failed",
                extra={"event_id": run[-1].id, "error": type(error).__name__},
            )


class Folding:
    """Folds the log into one store of views; tells of each step that was saved."""

    def __init__(self, log: EventLog, views: OrderViews, tell: Tell | None = None) -> None:
        self._log = log
        self._views = views
        self._tell = tell

    async def complete(
        self, order_id: str, epoch: int = 0, until: Position | None = None
    ) -> Progress:
        """Fold everything that is stored of an order and follows without a hole. Idempotent.

        Args:
            order_id: the order.
            epoch: the newest that is known of.
            until: fold nothing that comes later; None: no such bound.

        Raises:
            StoreUnavailable: the store failed, or others were faster each time.
        """
        for _ in range(ATTEMPTS):
            progress = await self._step(order_id, epoch, until)
            if progress is not None:
                return progress
        message = f"the view of {order_id} was moved on by others {ATTEMPTS} times in a row"
        raise StoreUnavailable(message)

    async def _step(self, order_id: str, epoch: int, until: Position | None) -> Progress | None:
        """Fold one page; None when there is more to do or somebody else was first."""
        view = await self._views.get(order_id)
        target = max(epoch, view.epoch if view else 1)
        start = view if view is not None and view.epoch == target else None
        after = Position(epoch=target, sequence=start.sequence if start else 0)
        stored = await self._log.read(order_id, target, after.sequence, PAGE)
        run = contiguous(stored, after)
        if until is not None:
            run = tuple(event for event in run if Position.of(event) <= until)
        if not run:
            await self._told(view, ())
            return Progress(view=view, missing=bool(stored))
        folded = reduce(fold, run[1:], fold(start, run[0]))
        if not await self._views.save(folded, expected=Position.of(view) if view else None):
            return None
        await self._told(folded, run)
        if len(stored) == PAGE:
            return None
        return Progress(view=folded, missing=len(run) < len(stored))

    async def _told(self, view: OrderView | None, run: Sequence[OrderEvent]) -> None:
        if self._tell is not None and view is not None:
            await self._tell(view, run)
