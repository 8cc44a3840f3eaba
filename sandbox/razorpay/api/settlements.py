"""`/v1/settlements`, and the recon rows that explain each paisa of them."""

import calendar
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.bank.settling import IST
from sandbox.razorpay.entities import Dispute, Json, Payment, Refund, Settlement, notes_json

LARGEST_RECON_COUNT = 1000
RECON_FIELDS = ("year", "month", "day", "count", "skip")


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
    for dispute in account.ledger.disputes.values():
        if dispute.settlement_id == settlement.id:
            yield _dispute_row(account, dispute, settlement)


def _payment_row(account: Account, payment: Payment, settlement: Settlement) -> Json:
    fee = payment.fee or 0
    row = _row(account, payment, payment, settlement)
    row.update(
        entity_id=payment.id,
        type="payment",
        credit=payment.credited - fee,
        amount=payment.credited,
        fee=fee,
        tax=payment.tax or 0,
        created_at=payment.created_at,
        payment_id=None,
        notes=notes_json(payment.notes),
    )
    return row


def _refund_row(account: Account, refund: Refund, settlement: Settlement) -> Json:
    payment = account.ledger.payments[refund.payment_id]
    row = _row(account, refund, payment, settlement)
    row.update(
        entity_id=refund.id,
        type="refund",
        debit=refund.debited,
        amount=refund.debited,
        created_at=refund.created_at,
        payment_id=payment.id,
        notes=notes_json(refund.notes),
    )
    return row


def _dispute_row(account: Account, dispute: Dispute, settlement: Settlement) -> Json:
    payment = account.ledger.payments[dispute.payment_id]
    row = _row(account, dispute, payment, settlement)
    row.update(
        type="adjustment",
        debit=dispute.debited,
        amount=dispute.debited,
        payment_id=payment.id,
        dispute_id=dispute.id,
        description="Dispute lost",
    )
    return row


def _row(
    account: Account, entity: Payment | Refund | Dispute, payment: Payment, settlement: Settlement
) -> Json:
    order = account.ledger.orders[payment.order_id]
    card = payment.card or {}
    return {
        "entity_id": entity.id,
        "type": None,
        "debit": 0,
        "credit": 0,
        "amount": 0,
        "currency": entity.currency,
        "fee": 0,
        "tax": 0,
        "on_hold": False,
        "settled": True,
        "created_at": entity.created_at,
        "settled_at": settlement.created_at,
        "settlement_id": settlement.id,
        "posted_at": None,
        "credit_type": "default",
        "description": payment.description,
        "notes": [],
        "payment_id": None,
        "settlement_utr": settlement.utr,
        "order_id": order.id,
        "order_receipt": order.receipt,
        "method": payment.method,
        "card_network": card.get("network"),
        "card_issuer": card.get("issuer"),
        "card_type": card.get("type"),
        "dispute_id": None,
    }


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
        description = f"The {name} must be between {least} and {most}."
        raise invalid_input(description, name)
    return int(text)
