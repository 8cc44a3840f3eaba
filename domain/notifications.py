"""Which events a customer is told of, and in which words."""

from dataclasses import dataclass
from datetime import timedelta
from html import escape

from domain.cart import PaymentMethod
from domain.events import EventType, OrderEvent
from domain.money import format_inr
from domain.order import OrderState
from domain.payment import Refund, RefundSpeed, RefundStatus
from domain.ports import Mail
from domain.shipment import Shipment
from domain.snapshot import LineCancellation

TEMPLATES: dict[EventType, str] = {
    EventType.ORDER_CONFIRMED: "order_confirmed",
    EventType.DELIVERY_SHIPPED: "parcel_shipped",
    EventType.DELIVERY_OUT_FOR_DELIVERY: "parcel_out_for_delivery",
    EventType.DELIVERY_DELIVERED: "parcel_delivered",
    EventType.DELIVERY_ATTEMPT_FAILED: "delivery_attempt_failed",
    EventType.DELIVERY_RTO_INITIATED: "parcel_returning",
    EventType.DELIVERY_LOST: "parcel_lost",
    EventType.ORDER_CANCELLED: "order_cancelled",
    EventType.ORDER_LINES_CANCELLED: "order_lines_cancelled",
    EventType.ORDER_EXPIRED: "order_expired",
    EventType.REFUND_PROCESSED: "refund_processed",
}
"""One message per event of these types; the event's sequence is the occasion."""

_WORDS: dict[str, tuple[str, str]] = {
    "order_confirmed": (
        "Your order is confirmed",
        "Thank you. We have your order of {total} and are getting it ready.{promise}",
    ),
    "parcel_shipped": (
        "Your parcel is on its way",
        "{courier} has picked up your parcel (tracking number {awb}).{promise}",
    ),
    "parcel_out_for_delivery": (
        "Your parcel arrives today",
        "{courier} is out with your parcel. Please keep your phone at hand.",
    ),
    "parcel_delivered": (
        "Your parcel has been delivered",
        "We hope you like it. If not, you can return it until the return window ends.",
    ),
    "delivery_attempt_failed": (
        "We could not deliver your parcel",
        "{courier} tried and could not hand it over. They will try again.",
    ),
    "parcel_returning": (
        "Your parcel is coming back to us",
        "It could not be delivered. Once it is here, what you paid for it goes back to you.",
    ),
    "parcel_lost": (
        "Your parcel is lost",
        "We are sorry: {courier} cannot find your parcel. What you paid for it goes back to you.",
    ),
    "order_cancelled": (
        "Your order is cancelled",
        "Your order of {total} is cancelled. Anything you paid goes back the way it came.",
    ),
    "order_lines_cancelled": (
        "A part of your order is cancelled",
        "We have cancelled {units}. {settled}{rest}",
    ),
    "order_expired": (
        "Your order was not paid in time",
        "We could not keep the goods any longer. If your payment still arrives, it is refunded.",
    ),
    "refund_processed": (
        "Your refund is on its way",
        "We have refunded {refund}. {refund_way}",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationRequest:
    """One message to one customer. Personal data: only inside payloads."""

    order_id: str
    template: str
    occasion: str
    name: str
    email: str
    facts: dict[str, str]
    tracking_url: str


def notification_for(state: OrderState, event: OrderEvent) -> NotificationRequest | None:
    """Return the message that an event calls for, or None."""
    template = TEMPLATES.get(event.type)
    if template is None:
        return None
    placement = state.placement
    return NotificationRequest(
        order_id=state.order_id,
        template=template,
        occasion=str(event.sequence),
        name=placement.customer.name,
        email=placement.customer.email,
        facts={
            "total": format_inr(placement.quote.total_paise),
            **_refund_facts(event.data.refund),
            **_line_facts(event.data.line_cancellation, state),
            **_parcel_facts(event.data.shipment, state),
        },
        tracking_url=f"{placement.terms.tracking_url}/track/{state.order_id}",
    )


def compose_mail(key: str, request: NotificationRequest) -> Mail:
    """Return the mail of a request, as text and as HTML."""
    subject, words = _WORDS[request.template]
    body = words.format(**request.facts)
    greeting = f"Dear {request.name},"
    text = f"{greeting}\n\n{body}\n\nFollow your order: {request.tracking_url}\n"
    html = (
        "<div style='font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;"
        "color:#1f2933'>"
        f"<h1 style='font-size:1.4em'>{escape(subject)}</h1><p>{escape(greeting)}</p>"
        f"<p>{escape(body)}</p><p><a href='{escape(request.tracking_url, quote=True)}' "
        "style='background:#0f766e;color:#fff;padding:.6em 1.2em;border-radius:.4em;"
        f"text-decoration:none'>Follow your order</a></p><p style='color:#66788a'>Order "
        f"{escape(request.order_id)}</p></div>"
    )
    return Mail(key=key, to=request.email, subject=subject, text=text, html=html)


def _refund_facts(refund: Refund | None) -> dict[str, str]:
    if refund is None:
        return {}
    way = "Banks show it within five to seven working days."
    if refund.speed_processed is RefundSpeed.INSTANT:
        way = "It should show on your account within minutes."
    if refund.status is RefundStatus.MANUAL:
        way = f"It comes by bank transfer, reference {refund.reference}."
    return {"refund": format_inr(refund.amount_paise), "refund_way": way}


def _line_facts(cancelled: LineCancellation | None, state: OrderState) -> dict[str, str]:
    """Say what was cancelled and what becomes of its price; nothing was paid yet for cash."""
    if cancelled is None:
        return {}
    names = {line.sku: line.name for line in state.placement.quote.lines}
    value = format_inr(cancelled.amount_paise)
    is_cash = state.placement.payment_method is PaymentMethod.COD
    return {
        "units": ", ".join(f"{line.quantity} × {names[line.sku]}" for line in cancelled.lines),
        "settled": f"You pay {value} less at the door."
        if is_cash
        else f"What you paid for it, {value}, goes back the way it came.",
        "rest": " The rest of that parcel comes as planned." if cancelled.replaced_by else "",
    }


def _parcel_facts(parcel: Shipment | None, state: OrderState) -> dict[str, str]:
    promised = (parcel and parcel.promised_by) or state.placement.quote.promised_by
    india = promised + timedelta(hours=5, minutes=30) if promised else None
    return {
        "courier": (parcel and parcel.courier) or "The courier",
        "awb": (parcel and parcel.awb) or "",
        "promise": f" It should be with you by {india:%a %d %b}." if india else "",
    }
