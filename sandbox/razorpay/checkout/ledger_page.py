"""The ledger page at `/`: orders, payments, refunds, webhook attempts and settlements, live."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.balance import Settlement
from sandbox.razorpay.bank.settling import IST
from sandbox.razorpay.checkout.sheet import ASSETS
from sandbox.razorpay.entities import Json, Order, Payment, Refund
from sandbox.razorpay.stored import WebhookEvent

SHOWN_ROWS = 50
GOOD = frozenset({"paid", "captured", "processed", "delivered"})
BAD = frozenset({"failed", "lost", "skipped"})

Entity = TypeVar("Entity", Order, Payment, Refund, Settlement, WebhookEvent)
Cells = tuple[str, ...]


def routes(account: Account) -> list[Route]:
    """Return the routes of the page and of its inner part, which it fetches again and again."""

    async def page(request: Request) -> Response:
        base_url = (account.config.base_url or str(request.base_url)).rstrip("/")
        html = (ASSETS / "ledger.html").read_text(encoding="utf-8")
        html = html.replace("{{key_id}}", escape(account.config.key_id))
        html = html.replace("{{base_url}}", escape(base_url))
        return HTMLResponse(html.replace("{{ledger}}", ledger_html(account)))

    async def inner(_request: Request) -> Response:
        return HTMLResponse(ledger_html(account))

    return [
        Route("/", page, methods=["GET"]),
        Route("/_ledger", inner, methods=["GET"]),
    ]


def ledger_html(account: Account) -> str:
    """Return the inner part of the page; each table shows its newest rows."""
    ledger = account.ledger
    return "".join(
        (
            _facts(account),
            _table(
                "Orders", "Order|Receipt|Amount|Status|Attempts|Created|", ledger.orders, _order
            ),
            _table(
                "Payments",
                "Payment|Order|Method|Amount|Fee|Refunded|Status|Created",
                ledger.payments,
                _payment,
            ),
            _table(
                "Refunds",
                "Refund|Payment|Amount|Speed|Receipt|Status|Created",
                ledger.refunds,
                _refund,
            ),
            _table("Webhooks", "Event|Id|About|State|Attempts|Created", ledger.events, _event),
            _table(
                "Settlements", "Settlement|UTR|Amount|Fees|Created", ledger.settlements, _settlement
            ),
        )
    )


def rupees(paise: int) -> str:
    """Return paise as rupees with Indian grouping: 12345678 gives ₹1,23,456.78."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return f"{'-' if paise < 0 else ''}₹{','.join([*reversed(pairs), tail])}.{rest:02d}"


def _facts(account: Account) -> str:
    hook = account.config.webhook_url or "nobody"
    state = "enabled" if account.ledger.hook_enabled else "disabled after 24 hours of failures"
    return (
        f'<p class="facts"><span>Clock <b>{_moment(account.now())}</b></span>'
        f"<span>Webhooks to <b>{escape(hook)}</b>, {state}</span>"
        f"<span>Faults <b>{escape(', '.join(_active_faults(account)) or 'none')}</b></span></p>"
    )


def _active_faults(account: Account) -> Iterable[str]:
    plan = account.panel.switches.plan
    for group, faults in (("http", plan.http), ("webhooks", plan.webhooks)):
        for name in faults.__slots__:
            value = getattr(faults, name)
            if isinstance(value, float | int) and value and name != "limit":
                yield f"{group}.{name} {value:g}"


def _table(
    title: str, heads: str, entities: Mapping[str, Entity], row: Callable[[Entity], Cells]
) -> str:
    newest = list(entities.values())[-SHOWN_ROWS:][::-1]
    head = "".join(f"<th>{escape(one)}</th>" for one in heads.split("|"))
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row(one))}</tr>" for one in newest)
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    nothing = '<p class="none">None yet.</p>'
    return (
        f"<section><h2>{title} <small>{len(entities)}</small></h2>"
        f"{body if newest else nothing}</section>"
    )


def _order(order: Order) -> Cells:
    pay = "" if order.status == "paid" else f'<button data-pay="{order.id}">Pay</button>'
    return (
        _code(order.id),
        _code(order.receipt or ""),
        _money(order.amount),
        _status(order.status),
        str(order.attempts),
        _moment(order.created_at),
        pay,
    )


def _payment(payment: Payment) -> Cells:
    reason = payment.error["reason"] if payment.error else ""
    return (
        _code(payment.id),
        _code(payment.order_id),
        payment.method,
        _money(payment.amount),
        "" if payment.fee is None else _money(payment.fee),
        _money(payment.amount_refunded) if payment.amount_refunded else "",
        _status(payment.status, reason),
        _moment(payment.created_at),
    )


def _refund(refund: Refund) -> Cells:
    return (
        _code(refund.id),
        _code(refund.payment_id),
        _money(refund.amount),
        refund.speed_processed,
        _code(refund.receipt or ""),
        _status(refund.status),
        _moment(refund.created_at),
    )


def _event(event: WebhookEvent) -> Cells:
    return (
        escape(event.name),
        _code(event.id),
        _code(event.subject),
        _status(event.state),
        "<br>".join(_attempt(one) for one in event.attempts) or "none",
        _moment(event.created_at),
    )


def _settlement(settlement: Settlement) -> Cells:
    return (
        _code(settlement.id),
        _code(settlement.utr),
        _money(settlement.amount),
        _money(settlement.fees),
        _moment(settlement.created_at),
    )


def _attempt(attempt: Json) -> str:
    problem = attempt["problem"] or attempt["status"]
    signed = "" if attempt["signature"] == "right" else f", {attempt['signature']} signature"
    return escape(f"{problem}{signed}, {attempt['took_s']} s")


def _status(status: str, reason: str = "") -> str:
    tone = "good" if status in GOOD else "bad" if status in BAD else "open"
    return f'<span class="{tone}" title="{escape(reason)}">{escape(status)}</span>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""


def _money(paise: int) -> str:
    return f'<span class="money">{rupees(paise)}</span>'


def _moment(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, IST).strftime("%d %b %H:%M:%S")
