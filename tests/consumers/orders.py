"""Logs of made-up orders, whole and in any length."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.cart import Address, Customer, PaymentMethod
from domain.events import EventData, EventType, OrderEvent
from domain.payment import EntryKind, PaymentEntry, PaymentStatus
from domain.pricing import Quote
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.snapshot import PlacedOrder
from domain.status import OrderStatus
from domain.tax import TaxSplit

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
AWB = "19041211125783"
CUSTOMER = Customer(name="Asha Rao", email="asha@example.com", phone="9876543210")
ADDRESS = Address(
    name="Asha Rao",
    phone="9876543210",
    line1="12 MG Road",
    city="Pune",
    state="Maharashtra",
    pincode="411001",
)
QUOTE = Quote(
    lines=(),
    subtotal_paise=149_900,
    discount_paise=0,
    shipping_paise=0,
    cod_fee_paise=0,
    total_paise=149_900,
    tax=TaxSplit(taxable_paise=127_034, cgst_paise=11_433, sgst_paise=11_433, igst_paise=0),
    payment_method=PaymentMethod.PREPAID,
    cod_allowed=False,
)


def new_order_id() -> str:
    return "ord_" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(20))


def parcel(order_id: str, state: ShipmentState, **changes: object) -> Shipment:
    shipment = Shipment(
        number=1,
        warehouse="PNQ",
        lines=(ShipmentLine(sku="TEE-BLK-M", quantity=1),),
        state=state,
        reference=f"{order_id}-1",
        awb=AWB,
        changed_at=START,
        scanned_at=START,
        attempts=1 if state is ShipmentState.ATTEMPT_FAILED else 0,
    )
    return replace(shipment, **changes)  # type: ignore[arg-type]  # a test names the fields it means


def log_of(order_id: str, length: int = 8, epoch: int = 1) -> list[OrderEvent]:
    """The first events of an order's life; beyond the known ones it moves to and fro for ever."""
    return [_event(order_id, epoch, sequence) for sequence in range(1, length + 1)]


def _event(order_id: str, epoch: int, sequence: int) -> OrderEvent:
    event_type, status, data = _story(order_id, sequence)
    return OrderEvent(
        order_id=order_id,
        epoch=epoch,
        sequence=sequence,
        type=event_type,
        time=START + timedelta(seconds=sequence),
        data=replace(data, status=status),
    )


def _story(order_id: str, sequence: int) -> tuple[EventType, OrderStatus, EventData]:
    plain = EventData(
        status=OrderStatus.PENDING_PAYMENT,
        payment_status=PaymentStatus.UNPAID if sequence == 1 else PaymentStatus.PAID,
        customer_id="cus_1",
    )
    if sequence == 1:
        order = PlacedOrder(
            customer=CUSTOMER, shipping_address=ADDRESS, quote=QUOTE, placed_at=START
        )
        return EventType.ORDER_PLACED, OrderStatus.PENDING_PAYMENT, replace(plain, order=order)
    if sequence == 2:
        entry = PaymentEntry(
            kind=EntryKind.CAPTURED, amount_paise=149_900, reference="pay_1", at=START
        )
        return (
            EventType.PAYMENT_CONFIRMED,
            OrderStatus.PENDING_PAYMENT,
            replace(plain, payment=entry),
        )
    if sequence == 3:
        return EventType.ORDER_CONFIRMED, OrderStatus.CONFIRMED, plain
    event_type, status, state = _PARCEL[min(sequence - 4, 3) if sequence < 8 else 2 + sequence % 2]
    return event_type, status, replace(plain, shipment=parcel(order_id, state))


_PARCEL = (
    (EventType.DELIVERY_BOOKED, OrderStatus.CONFIRMED, ShipmentState.BOOKED),
    (EventType.DELIVERY_PACKED, OrderStatus.PACKED, ShipmentState.PACKED),
    (EventType.DELIVERY_SHIPPED, OrderStatus.SHIPPED, ShipmentState.SHIPPED),
    (EventType.DELIVERY_IN_TRANSIT, OrderStatus.SHIPPED, ShipmentState.IN_TRANSIT),
)
