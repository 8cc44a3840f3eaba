"""`/_control`: move what only Razorpay and the banks can move: refunds, disputes, payouts, hook."""

import re
from collections.abc import Mapping
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import ControlError, control_endpoint, read_json
from sandbox.razorpay.account import Account
from sandbox.razorpay.bank.disputing import (
    ENDED,
    PHASES,
    RESPONSE_LIMIT_S,
    USUAL_REASON,
    move_dispute,
    open_dispute,
)
from sandbox.razorpay.bank.methods import METHODS
from sandbox.razorpay.bank.refunding import fail_refund, process_refund
from sandbox.razorpay.bank.settling import settle
from sandbox.razorpay.control_fields import read_choice, read_number, read_object
from sandbox.razorpay.entities import Payment
from sandbox.razorpay.webhooks.downtime import EVENTS, Downtime

DISPUTE_NEWS = ("under_review", "action_required", "won", "lost", "closed")
DISPUTE_FIELDS = ("payment_id", "amount", "phase", "reason_code", "respond_in_s")
REFUND_COUNTERS = ("fail_next", "bounce_next", "slow_next")
REFUND_TIMES = ("settle_s", "bounce_s", "work_s")


def routes(account: Account) -> list[Route]:
    """Return the control routes of the books."""
    return BookControls(account).routes()


class BookControls:
    """The endpoints, bound to an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Return the routes."""
        table = (
            ("PUT", "/_control/refunds", self.change_refunds),
            ("POST", "/_control/refunds/{refund_id}", self.end_refund),
            ("POST", "/_control/disputes", self.open_dispute),
            ("POST", "/_control/disputes/{dispute_id}", self.move_dispute),
            ("POST", "/_control/settlements", self.settle_now),
            ("POST", "/_control/webhooks", self.change_hook),
            ("POST", "/_control/downtimes", self.tell_downtime),
        )
        return [
            Route(path, control_endpoint(endpoint), methods=[method])
            for method, path, endpoint in table
        ]

    async def change_refunds(self, request: Request) -> Response:
        """Change how the bank treats refunds; the fields are those of `RefundBehaviour`."""
        known = (*REFUND_TIMES, *REFUND_COUNTERS, "balance_short")
        body = read_object(await read_json(request), known)
        behaviour = self._account.refunds
        times = {name: read_number(body, name, getattr(behaviour, name)) for name in REFUND_TIMES}
        counters = {
            name: int(read_number(body, name, getattr(behaviour, name))) for name in REFUND_COUNTERS
        }
        behaviour.balance_short = body.get("balance_short", behaviour.balance_short) is True
        for name, value in (times | counters).items():
            setattr(behaviour, name, value)
        return JSONResponse(asdict(behaviour))

    async def end_refund(self, request: Request) -> Response:
        """Let the bank process or fail a refund now: `outcome`; a processed one can still fail."""
        body = read_object(await read_json(request), ("outcome",))
        outcome = read_choice(body, "outcome", ("processed", "failed"))
        refund = self._account.ledger.refunds.get(str(request.path_params["refund_id"]))
        if refund is None or refund.status in {"failed", outcome}:
            known = "unknown" if refund is None else f"already {refund.status}"
            remedy = "Name a refund of GET /_control/state that is not failed"
            raise ControlError(field="outcome", problem=known, remedy=remedy)
        if outcome == "failed" and not refund.debited:
            problem = "it gave back what was never captured, and that does not come back"
            remedy = "Name the refund of a captured payment"
            raise ControlError(field="outcome", problem=problem, remedy=remedy)
        end = fail_refund if outcome == "failed" else process_refund
        end(self._account, refund, at=self._account.now())
        return JSONResponse(refund.as_json())

    async def open_dispute(self, request: Request) -> Response:
        """Let the customer's bank dispute a captured payment.

        Body: `payment_id`, optional `amount` (paise, default all of it), `phase` (default
        chargeback), `reason_code` and `respond_in_s` (default seven days).
        """
        body = read_object(await read_json(request), DISPUTE_FIELDS)
        payment = self._payment(body)
        amount = read_number(body, "amount", payment.amount)
        if not payment.captured or not 0 < amount <= payment.amount:
            problem = f"a {payment.status} payment over {payment.amount} is not disputed {amount}"
            remedy = "Name a captured payment and at most its amount"
            raise ControlError(field="amount", problem=problem, remedy=remedy)
        dispute = open_dispute(
            self._account,
            payment,
            amount=int(amount),
            phase=read_choice(body, "phase", PHASES, "chargeback"),
            reason_code=_reason_code(body),
            respond_by=self._account.now() + read_number(body, "respond_in_s", RESPONSE_LIMIT_S),
        )
        return JSONResponse(dispute.as_json())

    async def move_dispute(self, request: Request) -> Response:
        """Let the bank go on with a dispute: `status` of `DISPUTE_NEWS`.

        `respond_in_s` gives a new deadline with `action_required` (default seven days).
        """
        body = read_object(await read_json(request), ("status", "respond_in_s"))
        status = read_choice(body, "status", DISPUTE_NEWS)
        dispute = self._account.ledger.disputes.get(str(request.path_params["dispute_id"]))
        if dispute is None or dispute.status in ENDED:
            problem = "unknown, or already ended"
            remedy = "Name an open dispute of GET /_control/state"
            raise ControlError(field="dispute_id", problem=problem, remedy=remedy)
        now, respond_by = self._account.now(), None
        if status == "action_required":
            respond_by = now + read_number(body, "respond_in_s", RESPONSE_LIMIT_S)
        move_dispute(self._account, dispute, status, at=now, respond_by=respond_by)
        return JSONResponse(dispute.as_json())

    async def settle_now(self, _request: Request) -> Response:
        """Pay out everything that moved until now, without waiting for T+2."""
        settlement = settle(self._account, at=self._account.now())
        return JSONResponse({"settlement": settlement.as_json() if settlement else None})

    async def tell_downtime(self, request: Request) -> Response:
        """Tell that a `method` is down: `status` started (default), updated or resolved.

        `begin` (unix seconds, default now) tells one trouble from another.
        """
        body = read_object(await read_json(request), ("method", "status", "begin"))
        status, now = read_choice(body, "status", EVENTS, "started"), self._account.now()
        downtime = Downtime(
            method=read_choice(body, "method", METHODS),
            status=status,
            begin=int(read_number(body, "begin", now)),
            at=int(now),
        )
        news = {"payment.downtime": downtime}
        self._account.hook.emit(f"payment.downtime.{status}", at=now, **news)
        return JSONResponse(downtime.as_json())

    async def change_hook(self, request: Request) -> Response:
        """Enable or disable the hook, rotate its secret, or resend an event."""
        body = read_object(await read_json(request), ("enabled", "secret", "resend"))
        hook, ledger = self._account.hook, self._account.ledger
        if isinstance(body.get("enabled"), bool):
            hook.enable(enabled=body["enabled"] is True)
        secret = body.get("secret")
        if isinstance(secret, str) and secret:
            hook.rotate_secret(secret)
        if "resend" in body:
            event = ledger.events.get(str(body["resend"]))
            if event is None:
                remedy = "Take an id of GET /_control/state, webhooks.events"
                raise ControlError(field="resend", problem="unknown event id", remedy=remedy)
            hook.resend(event)
        return JSONResponse({"enabled": ledger.hook_enabled, "url": hook.url})

    def _payment(self, body: Mapping[str, object]) -> Payment:
        payment = self._account.ledger.payments.get(str(body.get("payment_id")))
        if payment is None:
            problem = f"no such payment: {body.get('payment_id')!r}"
            remedy = "Send the razorpay_payment_id that POST /_control/payments gave"
            raise ControlError(field="payment_id", problem=problem, remedy=remedy)
        return payment


def _reason_code(body: Mapping[str, object]) -> str:
    code = body.get("reason_code", USUAL_REASON)
    if not isinstance(code, str) or not re.fullmatch(r"[a-z_]{3,80}", code):
        remedy = "Send words joined by underscores, such as duplicate_processing"
        raise ControlError(field="reason_code", problem=f"not a code: {code!r}", remedy=remedy)
    return code
