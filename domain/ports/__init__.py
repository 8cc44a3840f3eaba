"""What the house needs from outside, as Protocols; `adapters/` provides each.

Errors stand in `domain/errors.py`: an `OrderError` will not work again, a `ServiceUnavailable` may.
Every write is idempotent by the key that its docstring names.
"""

from domain.ports.consumers import (
    Applied,
    Change,
    ConsumerRecords,
    ParkedEvents,
    ParkedSum,
)
from domain.ports.delivery import (
    Booking,
    BookingRequest,
    Courier,
    ParcelItem,
    Remittance,
    RouteRequest,
)
from domain.ports.documents import (
    DocumentFiles,
    DocumentRegister,
    DocumentRenderer,
    Mail,
    Mailer,
    SentMail,
)
from domain.ports.environment import Caller, Clock, MessageQueue, QueueMessage, Scope, TokenVerifier
from domain.ports.events import (
    KEPT_DIGESTS,
    NO_FACTS,
    EventLog,
    EventPublisher,
    LiveFeed,
    OrderHeads,
    OrderQuery,
    OrderSearch,
    OrderViews,
    Position,
    Subscription,
)
from domain.ports.orders import (
    CheckoutRecord,
    Checkouts,
    OrderArchive,
    OrderCommands,
    OrderNews,
    PayoutCommands,
)
from domain.ports.payment import PaymentGateway, PaymentRefs, PaymentReports
from domain.ports.stock import Catalogue, Coupons, Inventory
from domain.ports.view_builds import NextViews, NoBuild, ViewBuilds, WholeLog

__all__ = [
    "KEPT_DIGESTS",
    "NO_FACTS",
    "Applied",
    "Booking",
    "BookingRequest",
    "Caller",
    "Catalogue",
    "Change",
    "CheckoutRecord",
    "Checkouts",
    "Clock",
    "ConsumerRecords",
    "Coupons",
    "Courier",
    "DocumentFiles",
    "DocumentRegister",
    "DocumentRenderer",
    "EventLog",
    "EventPublisher",
    "Inventory",
    "LiveFeed",
    "Mail",
    "Mailer",
    "MessageQueue",
    "NextViews",
    "NoBuild",
    "OrderArchive",
    "OrderCommands",
    "OrderHeads",
    "OrderNews",
    "OrderQuery",
    "OrderSearch",
    "OrderViews",
    "ParcelItem",
    "ParkedEvents",
    "ParkedSum",
    "PaymentGateway",
    "PaymentRefs",
    "PaymentReports",
    "PayoutCommands",
    "Position",
    "QueueMessage",
    "Remittance",
    "RouteRequest",
    "Scope",
    "SentMail",
    "Subscription",
    "TokenVerifier",
    "ViewBuilds",
    "WholeLog",
]
