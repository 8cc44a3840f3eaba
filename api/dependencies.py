"""Everything the API works with: ports and settings, built by a composition root or by a test."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import Depends, Request

from api.middleware.figures import Figures
from domain.messages import ConfirmPayment
from domain.order import Terms
from domain.ports import (
    Catalogue,
    Checkouts,
    Clock,
    DocumentFiles,
    EventLog,
    MessageQueue,
    OrderCommands,
    OrderSearch,
    OrderViews,
    PayoutCommands,
    RouteRequest,
    TokenVerifier,
)
from domain.pricing import COD_FEE_PAISE, Route


class TokenIssuer(Protocol):
    """Signs bearer tokens."""

    def issue(self, subject: str, *, now: datetime, lifetime: timedelta) -> str:
        """Return a customer's token, valid from `now` for `lifetime`."""
        ...


class RouteFinder(Protocol):
    """Knows the way from a warehouse to a pincode."""

    async def route(self, request: RouteRequest) -> Route:
        """Return whether and by when a parcel can get there.

        Raises:
            CourierUnavailable: nobody can say right now.
        """
        ...


SignatureCheck = Callable[[bytes, str | None], bool]
"""Tells whether a raw body carries a genuine signature."""
HandoverCheck = Callable[[ConfirmPayment], bool]
"""Tells whether the browser's hand-over carries Razorpay's signature."""
TokenCheck = Callable[[str | None], bool]
"""Tells whether a shared secret is the right one, in constant time."""
HealthCheck = Callable[[], Awaitable[object]]
"""Asks one backing service; raises if it does not answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiSettings:
    """What the API itself needs to know. URLs have no slash at the end.

    `cod_first_order_limit_paise` bounds cash on delivery for customers to whom nothing has been
    delivered yet; 0 means no such bound. With `e_invoicing` no business can be sold to, for its
    invoice would need an IRN.
    """

    tracking_url: str
    temporal_ui_url: str
    temporal_namespace: str
    cod_limit_paise: int
    terms: Terms
    cod_minimum_paise: int = 0
    cod_fee_paise: int = COD_FEE_PAISE
    cod_first_order_limit_paise: int = 0
    e_invoicing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependencies:
    """The ports that routes may use; `health` names each backing service with its check."""

    settings: ApiSettings
    clock: Clock
    catalogue: Catalogue
    routes: RouteFinder
    checkouts: Checkouts
    commands: OrderCommands
    payouts: PayoutCommands
    views: OrderViews
    search: OrderSearch
    log: EventLog
    files: DocumentFiles
    inbox: MessageQueue
    tokens: TokenVerifier
    issuer: TokenIssuer
    razorpay_signed: SignatureCheck
    handover_signed: HandoverCheck
    courier_known: TokenCheck
    health: Mapping[str, HealthCheck]


def _dependencies(request: Request) -> Dependencies:
    found: Dependencies = request.app.state.dependencies
    return found


def _figures(request: Request) -> Figures:
    found: Figures = request.app.state.figures
    return found


Deps = Annotated[Dependencies, Depends(_dependencies)]
FiguresOf = Annotated[Figures, Depends(_figures)]
