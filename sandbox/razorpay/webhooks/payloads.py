"""Bodies of webhooks: the envelope, the snapshots, and the irregularities of the real ones."""

from collections.abc import Mapping

from sandbox.razorpay.entities import Json, Payment, Refund
from sandbox.razorpay.stored import News

WITH_BASE_AMOUNT = ("payment.captured", "payment.dispute.", "refund.")
LACKING_IN_ORDER_PAID = ("error_source", "error_step", "error_reason", "acquirer_data")


def event_body(
    name: str,
    *,
    account_id: str,
    at: float,
    about: Mapping[str, News],
) -> Json:
    """Return the envelope of an event; `about` names the entities in the order of `contains`."""
    payload: Json = {key: {"entity": _snapshot(name, entity)} for key, entity in about.items()}
    body: Json = {
        "entity": "event",
        "account_id": account_id,
        "event": name,
        "contains": list(about),
        "payload": payload,
    }
    if name == "refund.speed_changed":
        payload["created_at"] = int(at)
    else:
        body["created_at"] = int(at)
    return body


def _snapshot(name: str, entity: News) -> Json:
    wire = entity.as_json()
    if isinstance(entity, Payment):
        _make_irregular(name, entity, wire)
    if name == "refund.speed_changed" and isinstance(entity, Refund):
        del wire["batch_id"]
    return wire


def _make_irregular(name: str, payment: Payment, wire: Json) -> None:
    """Copy the oddities that Razorpay's own samples show, for receivers must live with them."""
    if name == "order.paid":
        for key in LACKING_IN_ORDER_PAID:
            del wire[key]
    if payment.method == "card":
        if wire["error_code"] is None:
            wire["error_code"] = wire["error_description"] = ""
        if name in {"payment.authorized", "payment.failed"}:
            wire["captured"] = True
    if name.startswith(WITH_BASE_AMOUNT):
        wire["base_amount"] = payment.amount
        wire["amount_transferred"] = 0
