"""What consumers may ask for; each takes from it what it needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from consumers.metrics import ConsumerMetrics
from domain.catch_up import FillHole
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.ports import (
    Clock,
    ConsumerRecords,
    EventLog,
    LiveFeed,
    NextViews,
    NoBuild,
    OrderHeads,
    OrderNews,
    OrderViews,
    ParkedEvents,
    PaymentRefs,
)
from domain.shipment import CourierUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class RazorpayNotice:
    """What one Razorpay webhook says.

    Attributes:
        event: Razorpay's name of it.
        news: for the order's workflow; None for an event that concerns no order (settlements, …).
        razorpay_order_id: the order that was paid; None for a payment without one.
        receipt: our own order id, when the payload says it.
    """

    event: str
    news: PaymentNews | RefundNews | DisputeNews | None = None
    razorpay_order_id: str | None = None
    receipt: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CourierNotice:
    """What one courier webhook says of a parcel with a reference of our form.

    Attributes:
        reference: our seller reference.
        update: what the order's workflow should hear, its AWB still to be checked; None when the
            parcel has not moved for us.
    """

    reference: str
    update: CourierUpdate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewTiming:
    """When the view's repairs run.

    Attributes:
        hole_wait_s: how long a hole may fill itself before the workflow is asked.
        sweep_every_s: how often heads and views are compared.
        sweep_older_than_s: heads younger than this may still be on their way.
    """

    hole_wait_s: float = 2
    sweep_every_s: float = 60
    sweep_older_than_s: float = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsumerPorts:
    """The ports of a consumer process."""

    clock: Clock
    log: EventLog
    views: OrderViews
    heads: OrderHeads
    live: LiveFeed
    events_since: FillHole
    news: OrderNews
    payment_refs: PaymentRefs
    read_razorpay: Callable[[str], RazorpayNotice]
    read_courier: Callable[[str, datetime], CourierNotice | None]
    records: ConsumerRecords
    parked: ParkedEvents
    metrics: ConsumerMetrics
    view_timing: ViewTiming = field(default_factory=ViewTiming)
    builds: NextViews = field(default_factory=NoBuild)
