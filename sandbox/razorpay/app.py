"""The Razorpay sandbox as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control import TrafficRules
from sandbox.razorpay import control_books, control_payments
from sandbox.razorpay.account import Account, open_account
from sandbox.razorpay.api import disputes, orders, payments, refunds, settlements
from sandbox.razorpay.api.errors import URL_NOT_FOUND, fault_answer, not_applicable
from sandbox.razorpay.bank.attempts import plan_payment
from sandbox.razorpay.bank.disputing import plan_dispute
from sandbox.razorpay.bank.refunding import plan_refund
from sandbox.razorpay.bank.settling import plan_settlement
from sandbox.razorpay.checkout import ledger_page, sheet
from sandbox.razorpay.config import RazorpaySandboxConfig

CHECKOUT_SCRIPT = "/v1/checkout.js"


def create_app(config: RazorpaySandboxConfig) -> Starlette:
    """Build the sandbox; whatever `config.data_file` holds is known again."""
    account = open_account(config)
    rules = TrafficRules(covers=_is_api, error_answer=fault_answer)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running(account):
            yield

    app = Starlette(
        routes=[
            *orders.routes(account),
            *payments.routes(account),
            *refunds.routes(account),
            *disputes.routes(account),
            *settlements.routes(account),
            *sheet.routes(account),
            *ledger_page.routes(account),
            *control_payments.routes(account),
            *control_books.routes(account),
            *account.panel.routes(),
        ],
        middleware=[account.panel.middleware(rules)],
        exception_handlers={HTTPException: _not_found},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def running(account: Account) -> AsyncIterator[None]:
    """Run the clock's agenda and the webhooks for as long as the block lasts."""
    plan_again(account)
    await account.hook.start()
    agenda = asyncio.create_task(account.panel.agenda.run())
    try:
        yield
    finally:
        agenda.cancel()
        await asyncio.gather(agenda, return_exceptions=True)
        await account.hook.stop()
        account.ledger.close()


def plan_again(account: Account) -> None:
    """Put every deadline of the stored entities on the agenda."""
    for payment in account.ledger.payments.values():
        plan_payment(account, payment)
        if payment.captured_at is not None and payment.settlement_id is None:
            plan_settlement(account, payment.captured_at)
    for refund in account.ledger.refunds.values():
        plan_refund(account, refund)
        if refund.debited and refund.settlement_id is None:
            plan_settlement(account, refund.created_at)
    for dispute in account.ledger.disputes.values():
        plan_dispute(account, dispute)
    for adjustment in account.ledger.adjustments.values():
        if adjustment.settlement_id is None:
            plan_settlement(account, adjustment.created_at)


def _is_api(path: str) -> bool:
    return path.startswith(("/v1/", "/v2/")) and path != CHECKOUT_SCRIPT


async def _not_found(_request: Request, error: Exception) -> Response:
    """Answer a wrong path or method as Razorpay does: 400."""
    answer = not_applicable(400, URL_NOT_FOUND)
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)
