"""Part cancellations in a house: what is asked, and what must hold whatever happened."""

from collections import Counter
from dataclasses import replace

from domain import ids
from domain.cart import PaymentMethod
from domain.documents import DocumentKind, TaxDocument
from domain.events import EventType
from domain.messages import CancelOrder, CheckoutAnswer, CommandAnswer
from domain.order import Placement
from domain.payment import EntryKind
from domain.pricing import OrderLine
from domain.shipment import NEVER_ARRIVED, ShipmentLine
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.workflows.house import House, eventually

TEE, MUG = "TEE-BLK-M", "BOTTLE-CU-1L"
CART = ((TEE, 3), (MUG, 2))


def only(**quantities: int) -> CancelOrder:
    """Ask to cancel some units: `only(TEE=1, MUG=2)`."""
    skus = {"TEE": TEE, "MUG": MUG}
    lines = (ShipmentLine(sku=skus.get(k, k), quantity=n) for k, n in quantities.items())
    return CancelOrder(reason="ordered too many", by="customer", lines=tuple(lines))


async def paid(
    house: House,
    *items: tuple[str, int],
    method: PaymentMethod = PaymentMethod.PREPAID,
    coupon: str | None = None,
) -> tuple[CheckoutAnswer, Placement]:
    """Check out, with money that divides by nothing, and pay."""
    placement = await house.placement(*(items or CART), method=method, coupon=coupon)
    placement = with_odd_charges(placement)
    answer, _ = await house.check_out(placement)
    if answer.payment:
        await house.pay(answer)
    return answer, placement


async def packed(
    house: House,
    *items: tuple[str, int],
    method: PaymentMethod = PaymentMethod.PREPAID,
    parcels: int = 1,
) -> tuple[str, Placement]:
    """Bring an order to where all its parcels wait for the courier."""
    answer, placement = await paid(house, *items, method=method)
    await house.until_event(answer.order_id, EventType.DELIVERY_PACKED, times=parcels)
    return answer.order_id, placement


def two_warehouses(house: House) -> None:
    """Let the lines of an order come from two places: two parcels."""
    house.shop.on_hand.clear()
    house.shop.on_hand[TEE, "PNQ"] = 9
    house.shop.on_hand[MUG, "BLR"] = 9


def with_odd_charges(placement: Placement) -> Placement:
    """Return the placement with shipping that no quantity divides, so that paise are left over."""
    quote = placement.quote
    lines = tuple(
        replace(line, shipping_paise=line.shipping_paise + 1_003 + 4 * index)
        for index, line in enumerate(quote.lines)
    )
    more = _charged(lines) - quote.total_paise
    return replace(
        placement,
        quote=replace(
            quote,
            lines=lines,
            shipping_paise=quote.shipping_paise + more,
            total_paise=quote.total_paise + more,
        ),
    )


async def cancel(house: House, order_id: str, key: str = "k1", **quantities: int) -> CommandAnswer:
    return await house.orders.cancel(order_id, only(**quantities), key)


async def view_of(house: House, order_id: str) -> OrderView:
    """Return the order as everybody reads it, folded from its events."""
    view: OrderView | None = None
    for event in await house.events(order_id):
        view = fold(view, event)
    assert view is not None
    return view


async def until_refunded(house: House, order_id: str, paise: int) -> None:
    """Wait until exactly this much has gone back."""

    async def back() -> bool:
        view = await view_of(house, order_id)
        return sum(line.refunded_paise for line in view.lines) == paise

    await eventually(back, f"{paise} paise refunded")


async def until_documents(house: House, order_id: str, count: int) -> None:
    async def issued() -> bool:
        return len(_documents(house, order_id)) == count

    await eventually(issued, f"{count} documents")


async def until_at_rest(house: House, order_id: str, cuts: int = 1) -> None:
    """Wait until an order whose one parcel was cut so often has nothing left to do by itself.

    Orders outlive their test: what they still do would reach the next test's house.
    """
    await house.until_event(order_id, EventType.DELIVERY_PACKED, times=cuts + 1)
    view = await view_of(house, order_id)
    due = sum(told.amount_paise for told in view.line_cancellations)
    await until_refunded(house, order_id, due)
    await until_documents(house, order_id, 2 * cuts + 1)


async def assert_all_true(
    house: House, order_id: str, stock: dict[tuple[str, str], int], *, cash: bool = False
) -> OrderView:
    """Check what must hold once the order has come to rest, and return its view.

    Captured - refunded = value of what the customer keeps = invoices - credit notes; units are
    sold, cancelled or on the shelf, each once.
    """
    view = await view_of(house, order_id)
    keeps = sum(s.lines != () for s in view.shipments)
    assert keeps or view.status is OrderStatus.CANCELLED
    kept_paise = sum(
        event.data.payment.amount_paise
        for event in await house.events(order_id)
        if event.data.payment and event.data.payment.kind is EntryKind.CAPTURED
    ) - sum(
        refund.amount_paise
        for key, refund in house.gateway.refunds.items()
        if key.startswith(order_id)
    )
    owed_paise = view.total_paise - sum(told.amount_paise for told in view.line_cancellations)
    if view.status is OrderStatus.CANCELLED:
        owed_paise = 0
    if not cash:
        assert kept_paise == owed_paise
    assert _invoiced(house, order_id) == owed_paise
    gone = Counter({line.sku: line.ordered - line.cancelled for line in view.lines})
    live = [s for s in view.shipments if s.state not in NEVER_ARRIVED]
    sent = Counter(
        {sku: n for s in live for sku, n in ((line.sku, line.quantity) for line in s.lines)}
    )
    assert +gone == +sent
    before, after = _by_sku(stock), _by_sku(house.free_units())
    assert before - after == +gone
    return view


def booked_amount(house: House, order_id: str, number: int) -> int:
    """Return what the courier was told that a parcel is worth, and collects for it if cash."""
    reference = ids.seller_reference(order_id, number)
    calls = [c for c in house.courier.called("book") if c["reference"] == reference]
    amount: int = calls[-1]["request"].amount_paise
    return amount


def _documents(house: House, order_id: str) -> list[TaxDocument]:
    documents = house.register.documents.values()
    return [each for each in documents if each.request.order_id == order_id]


def _invoiced(house: House, order_id: str) -> int:
    return sum(
        document.tax.total_paise * (1 if document.request.kind is DocumentKind.INVOICE else -1)
        for document in _documents(house, order_id)
    )


def _by_sku(levels: dict[tuple[str, str], int]) -> Counter[str]:
    units: Counter[str] = Counter()
    for (sku, _), free in levels.items():
        units[sku] += free
    return units


def _charged(lines: tuple[OrderLine, ...]) -> int:
    return sum(line.charged_paise for line in lines)
