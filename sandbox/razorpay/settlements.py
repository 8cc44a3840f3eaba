"""Settlements two days after capture, and the recon rows that explain each paisa of them."""

import calendar
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone

from starlette.routing import Route

from sandbox.razorpay import fields
from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.api import Call, api_route
from sandbox.razorpay.entities import Json, Payment, Refund, Settlement, notes_json
from sandbox.razorpay.errors import invalid_input
from sandbox.razorpay.identity import new_id

IST = timezone(timedelta(hours=5, minutes=30), "IST")
SETTLEMENT_HOUR = 10
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


def plan_settlement(account: Account, at: float) -> None:
    """Put the settlement that follows a movement of money at `at` on the agenda."""
    settled = datetime.fromtimestamp(at + account.config.settlement_delay_s, IST)
    payout = settled.replace(hour=SETTLEMENT_HOUR, minute=0, second=0, microsecond=0)
    if payout < settled:
        payout += timedelta(days=1)
    due_at = payout.timestamp()
    if due_at in account.planned_settlements:
        return
    account.planned_settlements.add(due_at)
    account.panel.agenda.plan(due_at, lambda due: _run_planned(account, due))


@atomic
def settle(account: Account, *, at: float, before: float | None = None) -> Settlement | None:
    """Pay out what was captured and refunded before a moment (default: everything).

    Returns:
        The settlement; None if there is nothing, or if refunds outweigh captures and wait for them.
    """
    limit = at if before is None else before
    payments = [one for one in _captured(account) if (one.captured_at or 0) <= limit]
    refunds = [one for one in _debited(account) if one.created_at <= limit]
    amount = sum(one.credited - (one.fee or 0) for one in payments)
    amount -= sum(one.debited for one in refunds)
    if amount < 0 or not (payments or refunds):
        return None
    settlement = Settlement(
        id=new_id("setl"),
        amount=amount,
        fees=sum(one.fee or 0 for one in payments),
        tax=sum(one.tax or 0 for one in payments),
        utr=f"UTR{secrets.randbelow(10**12):012d}",
        created_at=int(at),
    )
    for payment in payments:
        payment.settlement_id = settlement.id
    for refund in refunds:
        refund.settlement_id = settlement.id
    account.ledger.save(settlement, *payments, *refunds)
    account.hook.emit("settlement.processed", settlement=settlement, at=at)
    return settlement


def recon_rows(account: Account, settlement: Settlement) -> Iterator[Json]:
    """Yield the rows of a settlement; credits minus debits are its amount."""
    for payment in account.ledger.payments.values():
        if payment.settlement_id == settlement.id:
            yield _payment_row(account, payment, settlement)
    for refund in account.ledger.refunds.values():
        if refund.settlement_id == settlement.id:
            yield _refund_row(account, refund, settlement)


def _run_planned(account: Account, due_at: float) -> None:
    account.planned_settlements.discard(due_at)
    settle(account, at=due_at, before=due_at - account.config.settlement_delay_s)


def _captured(account: Account) -> list[Payment]:
    payments = account.ledger.payments.values()
    return [one for one in payments if one.credited and one.settlement_id is None]


def _debited(account: Account) -> list[Refund]:
    """Return refunds that left the balance; a pending one may still come back, so it waits."""
    refunds = account.ledger.refunds.values()
    return [
        one
        for one in refunds
        if one.debited and one.status == "processed" and one.settlement_id is None
    ]


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


def _row(
    account: Account, entity: Payment | Refund, payment: Payment, settlement: Settlement
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
