"""`/v1/settlements`, and the recon rows that explain each paisa of them."""

import calendar
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.balance import Adjustment, Settlement
from sandbox.razorpay.bank.settling import IST
from sandbox.razorpay.entities import Json, Payment, Refund, notes_json

LARGEST_RECON_COUNT = 1000
RECON_FIELDS = ("year", "month", "day", "count", "skip")
ORIGIN_KEYS = (
    "order_id",
    "order_receipt",
    "method",
    "card_network",
    "card_issuer",
    "card_type",
)


def routes(account: Account) -> list[Route]:
    """Return the settlement routes."""
    return [
        api_route(account, "GET", "/v1/settlements/recon/combined", recon),
        api_route(account, "GET", "/v1/settlements", list_settlements),
        api_route(account, "GET", "/v1/settlements/{settlement_id}", fetch_settlement),
    ]


async def list_settlements(call: Call) -> dict[str, object]:
    """Return settlements, newest first."""
    wanted = fields.page(call.query)
    found = fields.select(call.account.ledger.settlements.values(), wanted)
    return fields.collection(one.as_json() for one in found)


async def fetch_settlement(call: Call) -> dict[str, object]:
    """Return one settlement."""
    return call.account.ledger.settlement(call.ids["settlement_id"]).as_json()


async def recon(call: Call) -> dict[str, object]:
    """Return the rows settled in a month, or on a day of it (Indian time)."""
    query = dict(call.query)
    fields.refuse_unknown(query, RECON_FIELDS)
    since, until = _period(query)
    paging = [pair for pair in call.query if pair[0] in {"count", "skip"}]
    wanted = fields.page(paging, largest=LARGEST_RECON_COUNT)
    rows = [
        row
        for settlement in call.account.ledger.settlements.values()
        if since <= settlement.created_at < until
        for row in recon_rows(call.account, settlement)
    ]
    return fields.collection(rows[wanted.skip : wanted.skip + wanted.count])


def recon_rows(account: Account, settlement: Settlement) -> Iterator[Json]:
    """Yield the rows of a settlement; credits minus debits are its amount."""
    for payment in account.ledger.payments.values():
        if payment.settlement_id == settlement.id:
            yield _payment_row(account, payment, settlement)
    for refund in account.ledger.refunds.values():
        if refund.settlement_id == settlement.id:
            yield _refund_row(account, refund, settlement)
    for adjustment in account.ledger.adjustments.values():
        if adjustment.settlement_id == settlement.id:
            yield _adjustment_row(adjustment, settlement)


def _payment_row(account: Account, payment: Payment, settlement: Settlement) -> Json:
    fee = payment.fee or 0
    return {
        "entity_id": payment.id,
        "type": "payment",
        "debit": 0,
        "credit": payment.credited - fee,
        "amount": payment.credited,
        "currency": payment.currency,
        "fee": fee,
        "tax": payment.tax or 0,
        **_settled(payment.created_at, settlement),
        "credit_type": "default",
        "description": payment.description,
        "notes": notes_json(payment.notes),
        "payment_id": None,
        "settlement_utr": settlement.utr,
        **_origin(account, payment),
        "dispute_id": None,
    }


def _refund_row(account: Account, refund: Refund, settlement: Settlement) -> Json:
    payment = account.ledger.payments[refund.payment_id]
    return {
        "entity_id": refund.id,
        "type": "refund",
        "debit": refund.debited,
        "credit": 0,
        "amount": refund.debited,
        "currency": refund.currency,
        "fee": 0,
        "tax": 0,
        **_settled(refund.created_at, settlement),
        "credit_type": "default",
        "description": None,
        "notes": notes_json(refund.notes),
        "payment_id": payment.id,
        "settlement_utr": settlement.utr,
        **_origin(account, payment),
        "dispute_id": None,
    }


def _adjustment_row(adjustment: Adjustment, settlement: Settlement) -> Json:
    """Return a row as the published sample shows it: no order, no UTR, no `credit_type`."""
    return {
        "entity_id": adjustment.id,
        "type": "adjustment",
        "debit": max(0, -adjustment.amount),
        "credit": max(0, adjustment.amount),
        "amount": abs(adjustment.amount),
        "currency": adjustment.currency,
        "fee": 0,
        "tax": 0,
        **_settled(adjustment.created_at, settlement),
        "description": adjustment.description,
        "notes": None,
        "payment_id": adjustment.payment_id,
        "settlement_utr": None,
        **dict.fromkeys(ORIGIN_KEYS),
        "dispute_id": adjustment.dispute_id,
    }


def _settled(created_at: int, settlement: Settlement) -> Json:
    return {
        "on_hold": False,
        "settled": True,
        "created_at": created_at,
        "settled_at": settlement.created_at,
        "settlement_id": settlement.id,
        "posted_at": None,
    }


def _origin(account: Account, payment: Payment) -> Json:
    order = account.ledger.orders[payment.order_id]
    card = payment.card or {}
    values = (
        order.id,
        order.receipt,
        payment.method,
        card.get("network"),
        card.get("issuer"),
        card.get("type"),
    )
    return dict(zip(ORIGIN_KEYS, values, strict=True))


def _period(query: Mapping[str, str]) -> tuple[float, float]:
    year, month = _part(query, "year", 2000, 2100), _part(query, "month", 1, 12)
    last = calendar.monthrange(year, month)[1]
    if "day" not in query:
        start = datetime(year, month, 1, tzinfo=IST)
        return start.timestamp(), (start + timedelta(days=last)).timestamp()
    start = datetime(year, month, _part(query, "day", 1, last), tzinfo=IST)
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def _part(query: Mapping[str, str], name: str, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        description = f"The {name} field is required."
        raise invalid_input(description, name)
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        description = f"The {name} is not a valid {name}."
        raise invalid_input(description, name)
    return int(text)
