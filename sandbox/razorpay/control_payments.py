"""`/_control/payments`: end payments without a browser."""

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
from sandbox.razorpay.bank.methods import METHODS, usual_instrument
from sandbox.razorpay.control_fields import read_choice, read_number, read_object
from sandbox.razorpay.entities import Order, Payment
from sandbox.razorpay.identity import sign_handover

OUTCOMES = ("captured", "failed", "authorized", "failed_then_captured", "pending", "late")
PAY_FIELDS = ("order_id", "outcome", "method", "second_capture", "after_s")
LATE_AFTER_S = 3600.0
LATER_OUTCOMES = ("captured", "authorized", "failed")


def routes(account: Account) -> list[Route]:
    """Return the control routes of payments."""
    return PaymentControls(account).routes()


class PaymentControls:
    """The endpoints, bound to an account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Return the routes."""
        table = (
            ("POST", "/_control/payments", self.pay),
            ("POST", "/_control/payments/{payment_id}", self.continue_payment),
        )
        return [
            Route(path, control_endpoint(endpoint), methods=[method])
            for method, path, endpoint in table
        ]

    async def pay(self, request: Request) -> Response:
        """Make an attempt at an order and end it.

        Body: `order_id`, `outcome`, optional `method` (default upi). `pending` leaves the attempt
        without the bank's answer; `late` too, but the bank says yes after `after_s` clock seconds
        (default an hour), when the payment may long have failed. `"second_capture": true` takes
        money for a paid order once more, which Razorpay itself prevents.
        """
        body = read_object(await read_json(request), PAY_FIELDS)
        order = self._order(body)
        outcome = read_choice(body, "outcome", OUTCOMES)
        method = read_choice(body, "method", METHODS, "upi")
        account, now = self._account, self._account.now()
        try:
            payment = start_payment(
                account,
                order,
                usual_instrument(method),
                at=now,
                past_guard=body.get("second_capture") is True,
                late_at=now + _late_after_s(body) if outcome == "late" else None,
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
        body = read_object(await read_json(request), ("outcome",))
        outcome = read_choice(body, "outcome", LATER_OUTCOMES)
        payment = self._payment(request.path_params["payment_id"])
        self._check_continuation(payment, outcome)
        if outcome == "failed":
            fail_payment(self._account, payment, PAYMENT_FAILED, at=self._account.now())
        elif payment.status == "authorized":
            capture_payment(self._account, payment, at=self._account.now())
        else:
            self._authorize_late(payment, hold=outcome == "authorized")
        return JSONResponse(handover(self._account, payment))

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


def _said(error: ApiError) -> str:
    inner = error.body["error"]
    return str(inner["description"]) if isinstance(inner, dict) else str(error)


def _late_after_s(body: Mapping[str, object]) -> float:
    after_s = read_number(body, "after_s", LATE_AFTER_S)
    if after_s > LATE_AUTHORIZATION_S:
        problem = f"{after_s} s is later than Razorpay asks the bank"
        remedy = f"Send at most {LATE_AUTHORIZATION_S}, which is 3 days"
        raise ControlError(field="after_s", problem=problem, remedy=remedy)
    return after_s
