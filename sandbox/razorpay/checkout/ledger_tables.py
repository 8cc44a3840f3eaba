"""The tables of the ledger page: what is kept, how it stands, and what can be made to happen."""

from collections.abc import Callable, Mapping
from html import escape
from typing import TypeVar

from sandbox.razorpay.account import Account
from sandbox.razorpay.balance import Dispute, Settlement
from sandbox.razorpay.bank.attempts import LATE_AUTHORIZATION_S
from sandbox.razorpay.bank.disputing import ENDED
from sandbox.razorpay.checkout.ledger_cells import (
    button,
    buttons,
    code,
    moment,
    money,
    status,
)
from sandbox.razorpay.entities import Json, Order, Payment, Refund
from sandbox.razorpay.stored import WebhookEvent

SHOWN_ROWS = 50
NEXT_OF_DISPUTE = {
    "open": (("Review", "under_review"), ("Won", "won"), ("Lost", "lost"), ("Close", "closed")),
    "under_review": (
        ("Ask for more", "action_required"),
        ("Won", "won"),
        ("Lost", "lost"),
        ("Close", "closed"),
    ),
}

Entity = TypeVar("Entity", Order, Payment, Refund, Dispute, Settlement, WebhookEvent)
Cells = tuple[str, ...]


def tables(account: Account) -> str:
    """Return every table; each shows its newest rows."""
    ledger, now = account.ledger, account.now()
    return "".join(
        (
            _table(
                "Orders", "Order|Receipt|Amount|Status|Attempts|Created|", ledger.orders, _order
            ),
            _table(
                "Payments",
                "Payment|Order|Method|Amount|Fee|Refunded|Status|Created|",
                ledger.payments,
                lambda one: _payment(one, now),
            ),
            _table(
                "Refunds",
                "Refund|Payment|Amount|Speed|Receipt|Bank's number|Status|Created|",
                ledger.refunds,
                _refund,
            ),
            _table(
                "Disputes",
                "Dispute|Payment|Amount|Deducted|Phase and reason|Respond by|Status|",
                ledger.disputes,
                _dispute,
            ),
            _table(
                "Settlements",
                "Settlement|UTR|Amount|Fees|Tax|Settled",
                ledger.settlements,
                _settlement,
            ),
            _table("Webhooks", "Event|About|Id|State|Attempts|Created|", ledger.events, _event),
        )
    )


def _table(
    title: str, heads: str, entities: Mapping[str, Entity], row: Callable[[Entity], Cells]
) -> str:
    newest = list(entities.values())[-SHOWN_ROWS:][::-1]
    head = "".join(
        f'<th scope="col">{escape(one)}</th>' if one else '<td aria-label="Actions"></td>'
        for one in heads.split("|")
    )
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row(one))}</tr>" for one in newest)
    body = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    nothing = '<p class="none">None yet.</p>'
    more = f", the newest {SHOWN_ROWS} shown" if len(entities) > SHOWN_ROWS else ""
    return (
        f'<section id="{title.lower()}"><h2>{title} <small>{len(entities)}{more}</small></h2>'
        f"{body if newest else nothing}</section>"
    )


def _order(order: Order) -> Cells:
    pay = f'<button type="button" data-pay="{order.id}">Pay</button>'
    return (
        code(order.id),
        code(order.receipt),
        money(order.amount),
        status(order.status),
        str(order.attempts),
        moment(order.created_at),
        "" if order.status == "paid" else buttons(pay),
    )


def _payment(payment: Payment, now: float) -> Cells:
    return (
        code(payment.id),
        code(payment.order_id),
        escape(_means(payment)),
        money(payment.amount),
        money(payment.fee or 0),
        money(payment.amount_refunded),
        status(payment.status, payment.error["reason"] if payment.error else ""),
        moment(payment.created_at),
        _payment_actions(payment, now),
    )


def _means(payment: Payment) -> str:
    """Return how it was paid: the method and what is known of the instrument."""
    if payment.card is not None:
        abroad = " abroad" if payment.international else ""
        return f"card {payment.card['network']} {payment.card['last4']}{abroad}"
    return f"{payment.method} {payment.vpa or payment.bank or payment.wallet or ''}".strip()


def _payment_actions(payment: Payment, now: float) -> str:
    path = f"payments/{payment.id}"
    capture = {"outcome": "captured"}
    if payment.status == "created":
        fail = button("Fail", path, {"outcome": "failed"}, about=payment.id)
        return buttons(button("Capture", path, capture, about=payment.id), fail)
    if payment.status == "failed" and now - payment.created_at <= LATE_AUTHORIZATION_S:
        return buttons(button("Capture late", path, capture, about=payment.id))
    if payment.status == "authorized":
        return buttons(button("Capture", path, capture, about=payment.id))
    if payment.captured:
        dispute = {"payment_id": payment.id}
        return buttons(button("Dispute", "disputes", dispute, about=payment.id))
    return ""


def _refund(refund: Refund) -> Cells:
    speed = refund.speed_processed
    if refund.speed_requested == "optimum" and speed == "normal":
        speed = "normal, asked as instant"
    number = next((str(value) for value in refund.acquirer_data.values() if value), None)
    return (
        code(refund.id),
        code(refund.payment_id),
        money(refund.amount),
        speed,
        code(refund.receipt),
        code(number),
        status(refund.status),
        moment(refund.created_at),
        _refund_actions(refund),
    )


def _refund_actions(refund: Refund) -> str:
    path = f"refunds/{refund.id}"
    fail = button("Fail", path, {"outcome": "failed"}, about=refund.id)
    if refund.status == "pending":
        return buttons(button("Process", path, {"outcome": "processed"}, about=refund.id), fail)
    return buttons(fail) if refund.status == "processed" and refund.debited else ""


def _dispute(dispute: Dispute) -> Cells:
    steps = () if dispute.status in ENDED else NEXT_OF_DISPUTE[dispute.status]
    path = f"disputes/{dispute.id}"
    return (
        code(dispute.id),
        code(dispute.payment_id),
        money(dispute.amount),
        money(dispute.deducted),
        f"{escape(dispute.phase.replace('_', ' '))}"
        f"<small>{escape(dispute.reason_code.replace('_', ' '))}</small>",
        moment(dispute.respond_by),
        status(dispute.status),
        buttons(*(button(name, path, {"status": to}, about=dispute.id) for name, to in steps)),
    )


def _settlement(settlement: Settlement) -> Cells:
    return (
        code(settlement.id),
        code(settlement.utr),
        money(settlement.amount),
        money(settlement.fees),
        money(settlement.tax),
        moment(settlement.created_at),
    )


def _event(event: WebhookEvent) -> Cells:
    waits = event.state == "pending" and event.attempts and event.due_at is not None
    following = f"<small>next {moment(event.due_at or 0)}</small>" if waits else ""
    resend = button("Resend", "webhooks", {"resend": event.id}, about=event.id)
    return (
        f"<b>{escape(event.name)}</b>",
        code(event.subject),
        code(event.id),
        status(event.state),
        f'<span class="attempts">{"".join(map(_attempt, event.attempts)) or "none"}</span>'
        f"{following}",
        moment(event.created_at),
        "" if event.state == "unsubscribed" else buttons(resend),
    )


def _attempt(attempt: Json) -> str:
    """Return one delivery as a mark with its answer code; the tooltip says the rest."""
    tone = "good" if attempt["problem"] is None else "bad"
    signed = "" if attempt["signature"] == "right" else f", {attempt['signature']} signature"
    told = f"{attempt['problem'] or 'taken'}{signed}, {attempt['took_s']} s"
    short = attempt["status"] or "no answer"
    mark = "*" if signed else ""
    return f'<span class="{tone}" title="{escape(told)}">{escape(f"{short}{mark}")}</span>'
