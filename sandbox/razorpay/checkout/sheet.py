"""The payment sheet: `checkout.js`, the page in its frame, and the calls that the page makes.

The calls are Razorpay's internal ones, so they are neither recorded nor struck by HTTP faults. They
are authorized by the key id and the order, as a browser has no secret.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.control import ControlError, read_json
from sandbox.razorpay.account import Account
from sandbox.razorpay.api.call import answered_with_errors
from sandbox.razorpay.api.errors import invalid_input, unknown_id, wrong_keys
from sandbox.razorpay.bank.attempts import (
    Decline,
    authorize_payment,
    fail_payment,
    refuse_second_payment,
    start_payment,
)
from sandbox.razorpay.bank.known_instruments import (
    BANK_FAILED,
    BANKS,
    CANCELLED,
    UPI_APPS,
    WALLETS,
    WRONG_OTP,
    otp_passes,
)
from sandbox.razorpay.checkout.instrument_form import read_instrument
from sandbox.razorpay.control_payments import handover
from sandbox.razorpay.entities import Order, Payment

ASSETS = Path(__file__).parent / "assets"
BANK_ANSWER_S = 2.0
"""Clock seconds until the customer's UPI app answers."""

NEXT_STEP = {"card": "otp", "upi": "wait", "netbanking": "bank", "wallet": "bank"}
"""What the customer does next: types an OTP, waits for the app, answers the mock bank's page."""

Json = dict[str, object]


def routes(account: Account) -> list[Route | Mount]:
    """Return the routes of the sheet."""
    sheet = Sheet(account)
    one = "/_sheet/payments/{payment_id}"
    return [
        Route("/v1/checkout.js", _asset("checkout.js", "text/javascript")),
        Route("/_sheet", _asset("sheet.html", "text/html")),
        Route("/_sheet/orders", answered_with_errors(sheet.look_up), methods=["POST"]),
        Route("/_sheet/payments", answered_with_errors(sheet.start), methods=["POST"]),
        Route(one, answered_with_errors(sheet.poll), methods=["GET"]),
        Route(f"{one}/otp", answered_with_errors(sheet.enter_otp), methods=["POST"]),
        Route(f"{one}/bank", answered_with_errors(sheet.answer_at_bank), methods=["POST"]),
        Route(f"{one}/cancel", answered_with_errors(sheet.cancel), methods=["POST"]),
        Mount("/_sheet/assets", StaticFiles(directory=ASSETS)),
    ]


class Sheet:
    """What the sheet's page can do. Which payment is going to fail how is kept in memory only."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._declines: dict[str, Decline | None] = {}

    async def look_up(self, request: Request) -> Response:
        """Return what the sheet shows about an order."""
        order = self._order(await _object(request))
        refuse_second_payment(self._account, order)
        return JSONResponse(
            {
                "order_id": order.id,
                "amount": order.amount_due,
                "currency": order.currency,
                "apps": UPI_APPS,
                "banks": BANKS,
                "wallets": WALLETS,
            }
        )

    async def start(self, request: Request) -> Response:
        """Start a payment; `next` says how it goes on."""
        body = await _object(request)
        order, now = self._order(body), self._account.now()
        instrument, decline = read_instrument(body, now=now)
        payment = start_payment(self._account, order, instrument, at=now)
        self._declines[payment.id] = decline
        if payment.method == "upi":
            due_at = now + BANK_ANSWER_S
            self._account.panel.agenda.plan(due_at, lambda at: self._answer(payment, at))
        return JSONResponse({"payment_id": payment.id, "next": NEXT_STEP[payment.method]})

    async def enter_otp(self, request: Request) -> Response:
        """Take the OTP of a card payment: 4 to 10 digits pass, anything else fails it."""
        payment = self._payment(request)
        body = await _object(request)
        if payment.status == "created" and not otp_passes(str(body.get("otp", ""))):
            fail_payment(self._account, payment, WRONG_OTP, at=self._account.now())
        self._answer(payment, self._account.now())
        return JSONResponse(handover(self._account, payment))

    async def answer_at_bank(self, request: Request) -> Response:
        """Take the button of the mock bank's page: `outcome` is success or failure.

        A test card that declines does so whichever button is pressed.
        """
        payment = self._payment(request)
        outcome = (await _object(request)).get("outcome")
        if outcome not in {"success", "failure"}:
            description = "The selected outcome is invalid."
            raise invalid_input(description, "outcome")
        if outcome == "failure":
            self._declines[payment.id] = self._declines.get(payment.id) or BANK_FAILED
        self._answer(payment, self._account.now())
        return JSONResponse(handover(self._account, payment))

    async def poll(self, request: Request) -> Response:
        """Return how a payment stands: `created`, or its signed success, or its error."""
        return JSONResponse(handover(self._account, self._payment(request)))

    async def cancel(self, request: Request) -> Response:
        """Let a payment fail that the customer abandoned before the bank answered."""
        payment = self._payment(request)
        if payment.status == "created":
            fail_payment(self._account, payment, CANCELLED, at=self._account.now())
        return JSONResponse(handover(self._account, payment))

    def _answer(self, payment: Payment, at: float) -> None:
        if payment.status != "created":
            return
        decline = self._declines.pop(payment.id, None)
        if decline is None:
            authorize_payment(self._account, payment, at=at)
        else:
            fail_payment(self._account, payment, decline, at=at)

    def _order(self, body: Mapping[str, object]) -> Order:
        if body.get("key") != self._account.config.key_id:
            raise wrong_keys()
        return self._account.ledger.order(str(body.get("order_id", "")))

    def _payment(self, request: Request) -> Payment:
        payment = self._account.ledger.payments.get(str(request.path_params["payment_id"]))
        if payment is None:
            raise unknown_id()
        return payment


def _asset(name: str, media_type: str) -> Callable[[Request], Response]:
    def endpoint(_request: Request) -> Response:
        headers = {"cache-control": "no-cache"}
        return FileResponse(ASSETS / name, media_type=media_type, headers=headers)

    return endpoint


async def _object(request: Request) -> Json:
    try:
        body = await read_json(request)
    except ControlError as error:
        description = "The request body is not valid JSON"
        raise invalid_input(description) from error
    if not isinstance(body, dict):
        description = "The request body must be a JSON object"
        raise invalid_input(description)
    return body
