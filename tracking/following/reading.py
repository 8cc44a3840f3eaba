"""Reads an order for a caller: from view and log; the workflow only where they know nothing yet."""

from collections.abc import Sequence
from dataclasses import replace

from domain import ids
from domain.catch_up import REPLAY_LIMIT, Attached, Mode, attach_by, contiguous
from domain.errors import OrderNotFound, ServiceUnavailable
from domain.events import OrderEvent
from domain.ports import Caller, OrderViews, Position
from domain.ports.envelopes import Enveloped, EnvelopeLog
from domain.view import NotNext, OrderView, fold
from tracking.dependencies import OrderQueries
from tracking.projection import owns


class Reading:
    """The read side of every attachment."""

    def __init__(
        self,
        views: OrderViews,
        log: EnvelopeLog,
        queries: OrderQueries,
        replay_events: int = REPLAY_LIMIT,
    ) -> None:
        """Read from these; who missed more events than `replay_events` gets a snapshot."""
        self._replay_events = replay_events
        self._views = views
        self._log = log
        self._queries = queries

    async def view(self, order_id: str, caller: Caller) -> OrderView:
        """Return an order that the caller may see.

        Raises:
            OrderNotFound: unknown, malformed or somebody else's: not to be told apart.
            ServiceUnavailable: nobody can say right now.
        """
        if not ids.is_order_id(order_id):
            raise OrderNotFound
        view = await self._views.get(order_id) or await self._from_workflow(order_id)
        if not owns(caller, view):
            raise OrderNotFound
        return view

    async def attach(
        self, order_id: str, caller: Caller, since: Position | None
    ) -> Attached[Enveloped]:
        """Return the verdict on a position and what is missing after it, without a hole.

        Raises:
            OrderNotFound: unknown, malformed or somebody else's.
            ServiceUnavailable: nobody can say right now.
        """
        view = await self.view(order_id, caller)
        attachment = await attach_by(view, self._log.read, since, self._replay_events)
        if attachment.mode is not Mode.RESUMED or since is None:
            return attachment
        if since.sequence + len(attachment.events) == attachment.position.sequence:
            return attachment
        return await self._filled(view, attachment, since)

    async def _filled(
        self, view: OrderView, attachment: Attached[Enveloped], since: Position
    ) -> Attached[Enveloped]:
        """Return the attachment with a hole of the log filled from the workflow, or a snapshot."""
        known = await self._workflow_events(view.order_id, since.sequence)
        head = attachment.position
        events = contiguous([*attachment.events, *_up_to(known, head)], since)
        if since.sequence + len(events) == head.sequence:
            return replace(attachment, events=events)
        return Attached(mode=Mode.RESET, position=head, snapshot=view, events=())

    async def _from_workflow(self, order_id: str) -> OrderView:
        """Fold the order from its workflow: it may be younger than the view's last news.

        Raises:
            OrderNotFound: the workflow knows nothing either.
            OrderUnavailable: no answer in time.
        """
        view: OrderView | None = None
        try:
            for event in await self._queries.events_since(order_id, 0):
                view = fold(view, event)
        except NotNext as error:
            raise OrderNotFound from error
        if view is None:
            raise OrderNotFound
        return view

    async def _workflow_events(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        try:
            return await self._queries.events_since(order_id, sequence)
        except (OrderNotFound, ServiceUnavailable):
            return ()


def _up_to(events: Sequence[OrderEvent], head: Position) -> list[Enveloped]:
    return [Enveloped.of(event) for event in events if event.sequence <= head.sequence]
