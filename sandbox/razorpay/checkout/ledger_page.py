"""The ledger page at `/`: everything the sandbox keeps, live, and buttons that move it."""

import hashlib
from collections.abc import Iterator
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.checkout.ledger_cells import button, moment, rupees
from sandbox.razorpay.checkout.ledger_tables import tables
from sandbox.razorpay.checkout.sheet import ASSETS

NOT_MODIFIED = 304


def routes(account: Account) -> list[Route]:
    """Return the routes of the page and of its inner part, which it fetches again and again."""

    async def page(request: Request) -> Response:
        base_url = (account.config.base_url or str(request.base_url)).rstrip("/")
        html = (ASSETS / "ledger.html").read_text(encoding="utf-8")
        html = html.replace("{{key_id}}", escape(account.config.key_id))
        html = html.replace("{{base_url}}", escape(base_url))
        return HTMLResponse(html.replace("{{ledger}}", ledger_html(account)))

    async def inner(request: Request) -> Response:
        html = ledger_html(account)
        tag = f'"{hashlib.sha256(html.encode()).hexdigest()[:20]}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=NOT_MODIFIED)
        return HTMLResponse(html, headers={"etag": tag, "cache-control": "no-cache"})

    async def clock(_request: Request) -> Response:
        return HTMLResponse(moment(account.now()))

    return [
        Route("/", page, methods=["GET"]),
        Route("/_ledger", inner, methods=["GET"]),
        Route("/_ledger/clock", clock, methods=["GET"]),
    ]


def ledger_html(account: Account) -> str:
    """Return the inner part of the page; the same state gives the same text."""
    return f"{_facts(account)}{_sums(account)}{tables(account)}"


def _facts(account: Account) -> str:
    hook = account.config.webhook_url or "nobody"
    enabled = account.ledger.hook_enabled
    state = "enabled" if enabled else "disabled"
    enable = "" if enabled else button("Enable", "webhooks", {"enabled": True}, about="webhooks")
    faults = ", ".join(_active_faults(account))
    clear = '<button type="button" data-clear-faults>Clear</button>' if faults else ""
    return (
        f'<p class="facts"><span>Webhooks to <b>{escape(hook)}</b>'
        f'<b class="{"" if enabled else "alarm"}"> {state}</b> {enable}</span>'
        f"<span>Faults <b>{escape(faults) or 'none'}</b> {clear}</span></p>"
    )


def _active_faults(account: Account) -> Iterator[str]:
    plan = account.panel.switches.plan
    for group, faults in (("http", plan.http), ("webhooks", plan.webhooks)):
        shares = {name: getattr(faults, name) for name in faults.__slots__}
        for name, value in shares.items():
            # `slow` and `delay` are shares of `slow_s` and `delay_s`, and say nothing alone.
            alone = name in {"slow", "delay"} and not shares[f"{name}_s"]
            if isinstance(value, float | int) and value and name != "limit" and not alone:
                yield f"{group}.{name} {value:g}"


def _sums(account: Account) -> str:
    """Return what came in, what went out, and what is still to be settled."""
    ledger = account.ledger
    payments, refunds = ledger.payments.values(), ledger.refunds.values()
    captured = sum(one.credited for one in payments)
    refunded = sum(one.debited for one in refunds)
    fees = sum(one.fee or 0 for one in payments if one.credited)
    adjusted = sum(one.amount for one in ledger.adjustments.values())
    settled = sum(one.amount for one in ledger.settlements.values())
    sums = {
        "Captured": captured,
        "Refunded": refunded,
        "Fees and tax": fees,
        "Adjustments": adjusted,
        "Settled": settled,
        "In the balance": captured - refunded - fees + adjusted - settled,
    }
    tiles = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{rupees(paise)}</dd></div>"
        for name, paise in sums.items()
    )
    return f'<dl class="sums">{tiles}</dl>'
