"""`/_control`: end payments without a browser, and move what only Razorpay can move."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import ControlError, control_endpoint, read_json
from sandbox.razorpay.account import Account
from sandbox.razorpay.api.errors import ApiError
from sandbox.razorpay.bank.attempts import (
    LATE_AUTHORIZATION_S,
    PAYMENT_FAILED,
    authorize_payment,
    capture_payment,
    fail_payment,
    start_payment,
)
from sandbox.razorpay.bank.disputing import (
    ENDED,
    PHASES,
    RESPONSE_LIMIT_S,
    move_dispute,
    open_dispute,
)
from sandbox.razorpay.bank.methods import METHODS, usual_instrument
from sandbox.razorpay.bank.settling import settle
from sandbox.razorpay.entities import Order, Payment
from sandbox.razorpay.identity import sign_handover

OUTCOMES = ("captured", "failed", "authorized", "failed_then_captured", "pending")
DISPUTE_NEWS = ("under_review", "action_required", "won", "lost", "closed")
LATER_OUTCOMES = ("captured", "authorized", "failed")


def routes(account: Account) -> list[Route]:
    """Return the Razorpay part of the control surface."""
    return ControlEndpoints(account).routes()


class ControlEndpoints:
    """The endpoints, bound to an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Return the routes."""
        table = (
            ("POST", "/_control/payments", self.pay),
            ("POST", "/_control/payments/{payment_id}", self.continue_payment),
            ("PUT", "/_control/refunds", self.change_refunds),
            ("POST", "/_control/disputes", self.open_dispute),
            ("POST", "/_control/disputes/{dispute_id}", self.move_dispute),
            ("POST", "/_control/settlements", self.settle_now),
            ("POST", "/_control/webhooks", self.change_hook),
        )
        return [
            Route(path, control_endpoint(endpoint), methods=[method])
            for method, path, endpoint in table
        ]

    async def pay(self, request: Request) -> Response:
        """Make an attempt at an order and end it.

        Body: `order_id`, `outcome`, optional `method` (default upi). `pending` leaves the attempt
        without the bank's answer; `"second_capture": true` takes money for a paid order once more,
        which Razorpay itself prevents.
        """
        body = _object(
            await read_json(request), ("order_id", "outcome", "method", "second_capture")
        )
        order = self._order(body)
        outcome = _choice(body, "outcome", OUTCOMES)
        method = _choice(body, "method", METHODS, "upi")
        account, now = self._account, self._account.now()
        try:
            payment = start_payment(
                account,
                order,
                usual_instrument(method),
                at=now,
                past_guard=body.get("second_capture") is True,
            )
        except ApiError as error:
            remedy = 'Send "second_capture": true to pay it all the same, or pay another order'
            raise ControlError(field="order_id", problem=_said(error), remedy=remedy) from error
        if outcome in {"failed", "failed_then_captured"}:
            fail_payment(account, payment, PAYMENT_FAILED, at=now)
        if outcome in {"captured", "failed_then_captured", "authorized"}:
            authorize_payment(account, payment, at=now, hold=True)
        if outcome in {"captured", "failed_then_captured"}:
            capture_payment(account, payment, at=now)
        return JSONResponse(handover(account, payment))

    async def continue_payment(self, request: Request) -> Response:
        """End an attempt that is `created` or `failed` (late authorization), or capture it."""
        body = _object(await read_json(request), ("outcome",))
        outcome = _choice(body, "outcome", LATER_OUTCOMES)
        payment = self._payment(request.path_params["payment_id"])
        self._check_continuation(payment, outcome)
        if outcome == "failed":
            fail_payment(self._account, payment, PAYMENT_FAILED, at=self._account.now())
        elif payment.status == "authorized":
            capture_payment(self._account, payment, at=self._account.now())
        else:
            self._authorize_late(payment, hold=outcome == "authorized")
        return JSONResponse(handover(self._account, payment))

    async def change_refunds(self, request: Request) -> Response:
        """Change how the bank treats refunds: settle_s, fail_next, balance_short, work_s."""
        body = _object(
            await read_json(request), ("settle_s", "fail_next", "balance_short", "work_s")
        )
        behaviour = self._account.refunds
        settle_s = _number(body, "settle_s", behaviour.settle_s)
        work_s = _number(body, "work_s", behaviour.work_s)
        fail_next = int(_number(body, "fail_next", behaviour.fail_next))
        behaviour.balance_short = body.get("balance_short", behaviour.balance_short) is True
        behaviour.settle_s, behaviour.work_s, behaviour.fail_next = settle_s, work_s, fail_next
        return JSONResponse(
            {
                "settle_s": settle_s,
                "fail_next": fail_next,
                "balance_short": behaviour.balance_short,
                "work_s": work_s,
            }
        )

    async def open_dispute(self, request: Request) -> Response:
        """Let the customer's bank dispute a captured payment.

        Body: `payment_id`, optional `amount` (paise, default all of it), `phase` (default
        chargeback) and `respond_in_s` (default seven days).
        """
        body = _object(await read_json(request), ("payment_id", "amount", "phase", "respond_in_s"))
        payment = self._payment(str(body.get("payment_id")))
        amount = _number(body, "amount", payment.amount)
        if not payment.captured or not 0 < amount <= payment.amount:
            problem = f"a {payment.status} payment over {payment.amount} is not disputed {amount}"
            remedy = "Name a captured payment and at most its amount"
            raise ControlError(field="amount", problem=problem, remedy=remedy)
        dispute = open_dispute(
            self._account,
            payment,
            amount=int(amount),
            phase=_choice(body, "phase", PHASES, "chargeback"),
            respond_by=self._account.now() + _number(body, "respond_in_s", RESPONSE_LIMIT_S),
        )
        return JSONResponse(dispute.as_json())

    async def move_dispute(self, request: Request) -> Response:
        """Let the bank go on with a dispute: `status` of `DISPUTE_NEWS`."""
        body = _object(await read_json(request), ("status",))
        status = _choice(body, "status", DISPUTE_NEWS)
        dispute = self._account.ledger.disputes.get(str(request.path_params["dispute_id"]))
        if dispute is None or dispute.status in ENDED:
            problem = "unknown, or already ended"
            remedy = "Name an open dispute of GET /_control/state"
            raise ControlError(field="dispute_id", problem=problem, remedy=remedy)
        move_dispute(self._account, dispute, status, at=self._account.now())
        return JSONResponse(dispute.as_json())

    async def settle_now(self, _request: Request) -> Response:
        """Pay out everything that moved until now, without waiting for T+2."""
        settlement = settle(self._account, at=self._account.now())
        return JSONResponse({"settlement": settlement.as_json() if settlement else None})

    async def change_hook(self, request: Request) -> Response:
        """Enable or disable the hook, rotate its secret, or resend an event."""
        body = _object(await read_json(request), ("enabled", "secret", "resend"))
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

    def _authorize_late(self, payment: Payment, *, hold: bool) -> None:
        account, now = self._account, self._account.now()
        paid = account.ledger.orders[payment.order_id].status == "paid"
        authorize_payment(account, payment, at=now, hold=hold and not paid)
        if not hold and payment.status == "authorized":
            capture_payment(account, payment, at=now)

    def _order(self, body: Mapping[str, object]) -> Order:
        order = self._account.ledger.orders.get(str(body.get("order_id")))
        if order is None:
            problem = f"no such order: {body.get('order_id')!r}"
            remedy = "Send the razorpay_order_id that POST /v1/orders gave, such as order_…"
            raise ControlError(field="order_id", problem=problem, remedy=remedy)
        return order

    def _payment(self, payment_id: str) -> Payment:
        payment = self._account.ledger.payments.get(payment_id)
        if payment is None:
            problem = f"no such payment: {payment_id!r}"
            remedy = "Send the razorpay_payment_id that POST /_control/payments gave"
            raise ControlError(field="payment_id", problem=problem, remedy=remedy)
        return payment

    def _check_continuation(self, payment: Payment, outcome: str) -> None:
        now = self._account.now()
        late = payment.status == "failed" and now - payment.created_at <= LATE_AUTHORIZATION_S
        allowed = payment.status == "created" or (late and outcome != "failed")
        if not allowed and (payment.status, outcome) != ("authorized", "captured"):
            problem = f"a payment that is {payment.status} cannot become {outcome} now"
            remedy = "Late authorization is possible for 3 days; start a new payment otherwise"
            raise ControlError(field="outcome", problem=problem, remedy=remedy)


def handover(account: Account, payment: Payment) -> dict[str, object]:
    """Return what the browser gets: the signed fields of a success, or the error of a failure.

    Only an authorized payment is signed; `status` is what the sandbox says about the payment now.
    """
    fields: dict[str, object] = {
        "razorpay_payment_id": payment.id,
        "razorpay_order_id": payment.order_id,
        "status": payment.status,
    }
    if payment.authorized_at is not None:
        secret = account.config.key_secret
        fields["razorpay_signature"] = sign_handover(payment.order_id, payment.id, secret)
    elif payment.error is not None:
        metadata = {"order_id": payment.order_id, "payment_id": payment.id}
        fields["error"] = {**payment.error, "metadata": metadata}
    return fields


def _object(body: object, known: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(body, dict):
        remedy = f"Send an object with {', '.join(known)}"
        raise ControlError(field="body", problem="not a JSON object", remedy=remedy)
    for name in body:
        if name not in known:
            remedy = f"Known are {', '.join(known)}"
            raise ControlError(field=str(name), problem="unknown", remedy=remedy)
    return body


def _choice(
    body: Mapping[str, object], name: str, allowed: tuple[str, ...], default: str | None = None
) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        remedy = f"Send one of {', '.join(allowed)}"
        raise ControlError(field=name, problem=f"not allowed: {value!r}", remedy=remedy)
    return value


def _number(body: Mapping[str, object], name: str, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        problem = f"not a number of 0 or more: {value!r}"
        raise ControlError(field=name, problem=problem, remedy="Send a number")
    return value


def _said(error: ApiError) -> str:
    inner = error.body["error"]
    return str(inner["description"]) if isinstance(inner, dict) else str(error)
