"""Orders, events and views that tests begin from, with random ids."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.mongo import sample_catalogue
from domain.cart import Address, CartItem, Customer, PaymentMethod
from domain.catalogue import CatalogueSnapshot
from domain.events import EventType, OrderEvent
from domain.order import OrderState, Placement, Terms
from domain.pricing import PricingRequest, Quote, Route, price_cart
from domain.snapshot import Cancellation, PlacedOrder
from domain.view import OrderView, fold

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

CUSTOMER = Customer(name="Asha Rao", email="asha@example.com", phone="9876543210")
ADDRESS = Address(
    name="Asha Rao",
    phone="9876543210",
    line1="14, Lakshmi Road",
    city="Pune",
    state="Maharashtra",
    pincode="411030",
)


def random_order_id() -> str:
    return "ord_" + base64.b32encode(secrets.token_bytes(13)).decode().lower()[:20]


def sample_quote(
    method: PaymentMethod = PaymentMethod.PREPAID, sku: str = "TEE-BLK-M", quantity: int = 2
) -> Quote:
    return price_cart(
        PricingRequest(
            items=(CartItem(sku=sku, quantity=quantity),),
            payment_method=method,
            place_of_supply=ADDRESS.state,
            route=Route(serviceable=True, cod=True),
            cod_limit_paise=20_000_00,
        ),
        CatalogueSnapshot(
            products=sample_catalogue.PRODUCTS,
            warehouses=sample_catalogue.WAREHOUSES,
            coupon=None,
            taken_at=NOON,
        ),
    )


def sample_placement(**changes: Any) -> Placement:
    values: dict[str, Any] = {
        "order_id": random_order_id(),
        "customer_id": "cus_asha",
        "customer": CUSTOMER,
        "shipping_address": ADDRESS,
        "quote": sample_quote(),
        "placed_at": NOON,
        "terms": Terms(),
    }
    return Placement(**values | changes)


def sample_state(**changes: Any) -> OrderState:
    """Return an order with its first event."""
    placement = sample_placement(**changes)
    state = OrderState.of(placement)
    state.emit(
        EventType.ORDER_PLACED,
        placement.placed_at,
        order=PlacedOrder(
            customer=placement.customer,
            shipping_address=placement.shipping_address,
            quote=placement.quote,
            placed_at=placement.placed_at,
        ),
    )
    return state


def sample_events(count: int, **changes: Any) -> list[OrderEvent]:
    """Return the first events of an order; after the first they only say why it was cancelled."""
    state = sample_state(**changes)
    for minute in range(1, count):
        at = state.placement.placed_at + timedelta(minutes=minute)
        cancellation = Cancellation(reason=f"reason {minute}", by="customer", at=at)
        state.emit(EventType.ORDER_CANCELLED, at, cancellation=cancellation)
    return list(state.events)


def sample_view(events: Sequence[OrderEvent]) -> OrderView:
    """Fold events that begin with the first."""
    view: OrderView | None = None
    for event in events:
        view = fold(view, event)
    if view is None:
        message = "a view needs at least one event"
        raise ValueError(message)
    return view
