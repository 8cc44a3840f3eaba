"""Everything the tracking service works with, built by a composition root or by a test."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.events import OrderEvent
from domain.messages import StatusSnapshot
from domain.ports import (
    Clock,
    DocumentFiles,
    EventLog,
    OrderSearch,
    OrderViews,
    Subscription,
    TokenVerifier,
)
from domain.ports.envelopes import EnvelopeLog
from domain.ports.links import LinkKeys
from tracking.settings import TrackingSettings
from tracking.wall.wall import OpenOrders

HealthCheck = Callable[[], Awaitable[object]]
"""Asks one backing service; raises if it does not answer."""


class PassIssuer(Protocol):
    """Signs bearer tokens that speak of one order alone."""

    def issue(self, subject: str, *, now: datetime, lifetime: timedelta, order_id: str) -> str:
        """Return a token for a customer, valid from `now` for `lifetime`."""
        ...


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
    envelopes: EnvelopeLog
    queries: OrderQueries
    subscription: Subscription
    wall_feed: Callable[[], Subscription]
    search: OrderSearch
    open_orders: OpenOrders
    files: DocumentFiles
    links: LinkKeys
    tokens: TokenVerifier
    passes: PassIssuer
    health: Mapping[str, HealthCheck]
