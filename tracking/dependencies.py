"""Everything the tracking service works with, built by a composition root or by a test."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.events import OrderEvent
from domain.messages import StatusSnapshot
from domain.ports import Clock, EventLog, OrderViews, Subscription, TokenVerifier
from tracking.settings import TrackingSettings

HealthCheck = Callable[[], Awaitable[object]]
"""Asks one backing service; raises if it does not answer."""


class OrderQueries(Protocol):
    """What is asked of an order's workflow itself: a part of `OrderCommands`."""

    async def status(self, order_id: str) -> StatusSnapshot:
        """Ask the workflow itself.

        Raises:
            OrderNotFound: there is no such order (any more).
            OrderUnavailable: no answer in time.
        """
        ...

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        """Return the workflow's own events after a sequence number.

        Raises:
            OrderNotFound: there is no such order (any more).
            OrderUnavailable: no answer in time.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependencies:
    """The ports of the service; `health` names each backing service with its check."""

    settings: TrackingSettings
    clock: Clock
    views: OrderViews
    log: EventLog
    queries: OrderQueries
    subscription: Subscription
    tokens: TokenVerifier
    health: Mapping[str, HealthCheck]
