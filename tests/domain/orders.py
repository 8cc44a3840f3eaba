"""Made-up orders: two lines, one or more parcels, moved by the domain's own methods."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.cart import Address, Customer, PaymentMethod
from domain.catalogue import Warehouse
from domain.events import EventType
from domain.order import Allocation, OrderState, Placement, Terms
from domain.payment import EntryKind, PaymentEntry, Refund, RefundStatus
from domain.pricing import OrderLine, Quote, tax_of
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.snapshot import PlacedOrder

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ORDER_ID = "ord_abcdefghijklmnopqrst"

CUSTOMER = Customer(name="Asha Rao", email="asha@example.com", phone="9876543210")
ADDRESS = Address(
    name="Asha Rao",
    phone="9876543210",
    line1="14 MG Road",
    city="Pune",
    state="Maharashtra",
    pincode="411001",
)
PUNE = Warehouse(
    code="PNQ",
    name="Pune Central",
    gstin="27AAPFU0939F1ZV",
    address="Plot 7, MIDC",
    city="Pune",
    state="Maharashtra",
    pincode="411019",
    pickup_location="pune",
)


def order_line(sku: str = "TEE", quantity: int = 3, **changes: Any) -> OrderLine:
    values: dict[str, Any] = {
        "sku": sku,
        "name": sku.title(),
        "hsn": "6109",
        "gst_rate": 5,
        "quantity": quantity,
        "unit_price_paise": 33_333,
        "gross_paise": 33_333 * quantity,
        "discount_paise": 1_001,
        "shipping_paise": 4_900,
        "cod_fee_paise": 0,
        "weight_g": 200 * quantity,
    }
    return OrderLine(**values | changes)


def quote_of(*lines: OrderLine, method: PaymentMethod = PaymentMethod.PREPAID) -> Quote:
    return Quote(
        lines=lines,
        subtotal_paise=sum(line.gross_paise for line in lines),
        discount_paise=sum(line.discount_paise for line in lines),
        shipping_paise=sum(line.shipping_paise for line in lines),
        cod_fee_paise=sum(line.cod_fee_paise for line in lines),
        total_paise=sum(line.charged_paise for line in lines),
        tax=tax_of(lines, supplier_state="Maharashtra", place_of_supply="Maharashtra"),
        payment_method=method,
        cod_allowed=method is PaymentMethod.COD,
        promised_by=NOON + timedelta(days=4),
    )


def placement_of(
    method: PaymentMethod = PaymentMethod.PREPAID, terms: Terms | None = None
) -> Placement:
    return Placement(
        order_id=ORDER_ID,
        customer_id="cus_asha",
        customer=CUSTOMER,
        shipping_address=ADDRESS,
        quote=quote_of(order_line("TEE", 3), order_line("MUG", 2), method=method),
        placed_at=NOON,
        terms=terms or Terms(tracking_url="https://shop.test"),
    )


def part(warehouse: str, **quantities: int) -> Allocation:
    lines = tuple(ShipmentLine(sku=sku, quantity=n) for sku, n in quantities.items())
    return Allocation(warehouse=warehouse, lines=lines)


ONE_PARCEL = (part("PNQ", TEE=3, MUG=2),)
TWO_PARCELS = (part("PNQ", TEE=2), part("BLR", TEE=1, MUG=2))


def placed(
    allocations: Sequence[Allocation] = ONE_PARCEL,
    method: PaymentMethod = PaymentMethod.PREPAID,
) -> OrderState:
    """Return an order whose first event has happened, with its stock held."""
    placement = placement_of(method)
    state = OrderState.of(placement)
    state.allocations = tuple(allocations)
    order = PlacedOrder(
        customer=placement.customer,
        shipping_address=placement.shipping_address,
        quote=placement.quote,
        placed_at=placement.placed_at,
    )
    state.emit(EventType.ORDER_PLACED, NOON, order=order)
    return state


def confirmed(
    allocations: Sequence[Allocation] = ONE_PARCEL,
    method: PaymentMethod = PaymentMethod.PREPAID,
) -> OrderState:
    """Return an order that is paid in full, or whose cash is due, and confirmed."""
    state = placed(allocations, method)
    if method is PaymentMethod.PREPAID:
        receive(state, state.placement.quote.total_paise)
    state.confirmed_at = NOON
    return state


def receive(state: OrderState, paise: int, reference: str = "pay_1") -> None:
    state.ledger = state.ledger.record(
        PaymentEntry(kind=EntryKind.CAPTURED, amount_paise=paise, reference=reference, at=NOON)
    )


def give_back(state: OrderState, paise: int, reference: str = "rfnd_1") -> None:
    state.ledger = state.ledger.record(
        PaymentEntry(kind=EntryKind.REFUNDED, amount_paise=paise, reference=reference, at=NOON)
    )


def refund_of(number: int, paise: int, status: RefundStatus) -> Refund:
    return Refund(
        number=number,
        key=f"{ORDER_ID}_refund_{number}",
        payment_id="pay_1",
        amount_paise=paise,
        reason="changed my mind",
        status=status,
        requested_at=NOON,
    )


def book(
    state: OrderState, number: int = 1, parcel_state: ShipmentState = ShipmentState.BOOKED
) -> Shipment:
    """Put a parcel of the order into any state."""
    allocation = state.allocations[number - 1]
    parcel = Shipment(
        number=number,
        warehouse=allocation.warehouse,
        lines=allocation.lines,
        state=parcel_state,
        reference=f"{state.order_id}-{number}",
        awb=f"AWB{number}",
        courier="Bluedart",
        promised_by=NOON + timedelta(days=3),
        changed_at=NOON,
    )
    state.shipments[number] = parcel
    return parcel
