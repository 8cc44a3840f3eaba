"""What a reader is shown of an order: customers see everything but what ops note for themselves."""

from dataclasses import replace

from domain.events import OrderEvent
from domain.ports import Caller, Scope
from domain.status import OrderStatus
from domain.view import OrderView
from domain.wire import JSON, envelope, to_json


def sees_all(caller: Caller) -> bool:
    """Tell whether a caller is shown what ops note for themselves."""
    return caller.scope is Scope.OPS


def owns(caller: Caller, view: OrderView) -> bool:
    """Tell whether a caller may follow this order.

    Who speaks of one order alone got their token or link for it from us.
    """
    if caller.order_id is not None:
        return caller.order_id == view.order_id
    return caller.scope is Scope.OPS or caller.subject == view.customer_id


def event_shown(event: OrderEvent, *, to_ops: bool) -> JSON:
    """Return an event's envelope as its reader may see it."""
    return document_shown(envelope(event), to_ops=to_ops)


def document_shown(document: JSON, *, to_ops: bool) -> JSON:
    """Return an envelope as its reader may see it; the one that was given stays as it is."""
    if to_ops or "attention" not in document["data"]:
        return document
    data = {name: value for name, value in document["data"].items() if name != "attention"}
    return {**document, "data": data}


def snapshot_of(view: OrderView, *, to_ops: bool) -> JSON:
    """Return an order as its reader may see it; `sequence` is the position that it shows."""
    quote = view.quote
    document: JSON = to_json(replace(view, attention=view.attention if to_ops else ()))
    if not to_ops:
        document.pop("attention")
    document["items"] = sum(line.quantity for line in quote.lines)
    document["lines"] = to_json(quote.lines)
    for name in ("subtotal_paise", "discount_paise", "shipping_paise", "cod_fee_paise"):
        document[name] = getattr(quote, name)
    document["coupon"] = quote.coupon
    del document["quote"]
    payable = view.status is OrderStatus.PENDING_PAYMENT
    document["payment"] = to_json(view.payment_order) if payable else None
    document.pop("payment_order", None)
    return document
