"""The demo's last word: do events, money and stock add up?"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from workers.demo.board import Row
from workers.demo.shop import Shop


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was checked; `problem` is empty when it is as it should be."""

    what: str
    problem: str = ""


async def audit(shop: Shop, rows: list[Row], stock_before: dict[str, int]) -> list[Finding]:
    """Check every order against the log, the payment provider and the shelves."""
    ledger = await shop.ledger()
    findings = [_where(row) for row in rows]
    findings += [await _log(shop, row) for row in rows]
    findings += [_money(row, ledger) for row in rows if row.payment]
    findings.append(_stock(rows, stock_before, await shop.available()))
    return findings


def _where(row: Row) -> Finding:
    what = f"{row.story.title}: {row.story.status}, {row.story.payment_status}"
    if row.arrived:
        return Finding(what=what)
    return Finding(what=what, problem=f"is {row.status}, {row.seen.get('payment_status')}")


async def _log(shop: Shop, row: Row) -> Finding:
    events = await shop.events(row.story.customer, row.order_id)
    sequences = [event["sequence"] for event in events]
    whole = sequences == list(range(1, len(sequences) + 1)) and bool(sequences)
    problem = "" if whole else f"the log has {sequences}"
    return Finding(what=f"{row.story.title}: events 1 to {len(events)}, no gap", problem=problem)


def _money(row: Row, ledger: dict[str, Any]) -> Finding:
    """Compare what Razorpay keeps with what the customer keeps."""
    razorpay_order_id = (row.payment or {})["razorpay_order_id"]
    captured = refunded = 0
    for payment in _entities(ledger, "payments"):
        if payment.get("order_id") == razorpay_order_id and payment.get("captured"):
            captured += payment["amount"]
            refunded += payment.get("amount_refunded") or 0
    owed = row.seen["total_paise"] if row.story.units_sold else 0
    kept = captured - refunded
    problem = "" if kept == owed else f"Razorpay holds {kept} paise, {owed} are owed"
    return Finding(what=f"{row.story.title}: money kept = value sent", problem=problem)


def _stock(rows: list[Row], before: dict[str, int], after: dict[str, int]) -> Finding:
    sold: Counter[str] = Counter()
    for row in rows:
        sold.update(row.story.units_sold)
    gone = {sku: before[sku] - after[sku] for sku in before if before[sku] != after[sku]}
    problem = "" if gone == dict(sold) else f"{gone} left the shelves, {dict(sold)} were sold"
    return Finding(what=f"stock: {sum(sold.values())} units sold, none lost", problem=problem)


def _entities(ledger: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = ledger.get(kind, [])
    return list(found.values()) if isinstance(found, dict) else list(found)
