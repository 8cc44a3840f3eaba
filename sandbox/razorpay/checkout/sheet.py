"""The payment sheet: `checkout.js`, the page in its frame, and the calls that the page makes.

The calls are Razorpay's internal ones, so they are neither recorded nor struck by HTTP faults. They
are authorized by the key id and the order, as a browser has no secret.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
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
    BANKS,
    CANCELLED,
    CARDS,
    UPI_IDS,
    WALLETS,
    WRONG_OTP,
    otp_passes,
)
from sandbox.razorpay.bank.methods import Instrument
from sandbox.razorpay.control_payments import handover
from sandbox.razorpay.entities import Order, Payment

ASSETS = Path(__file__).parent / "assets"
BANK_ANSWER_S = 2.0
"""Clock seconds until a UPI app, a bank page or a wallet answers."""

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
                "banks": BANKS,
                "wallets": WALLETS,
            }
        )

    async def start(self, request: Request) -> Response:
        """Start a payment; cards go on with an OTP, everything else waits for the bank."""
        body = await _object(request)
        order = self._order(body)
        instrument, decline = self._instrument(body)
        payment = start_payment(self._account, order, instrument, at=self._account.now())
        self._declines[payment.id] = decline
        if payment.method == "card":
            return JSONResponse({"payment_id": payment.id, "next": "otp"})
        due_at = self._account.now() + BANK_ANSWER_S
        self._account.panel.agenda.plan(due_at, lambda at: self._answer(payment, at))
        return JSONResponse({"payment_id": payment.id, "next": "wait"})

    async def enter_otp(self, request: Request) -> Response:
        """Take the OTP of a card payment: 4 to 10 digits pass, anything else fails it."""
        payment = self._payment(request)
        body = await _object(request)
        if payment.status == "created" and not otp_passes(str(body.get("otp", ""))):
            fail_payment(self._account, payment, WRONG_OTP, at=self._account.now())
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

    def _instrument(self, body: Mapping[str, object]) -> tuple[Instrument, Decline | None]:
        method = body.get("method")
        who = {name: str(body[name]) for name in ("email", "contact") if body.get(name)}
        if method == "card":
            card = body.get("card")
            number = self._card_number(card if isinstance(card, dict) else {})
            return Instrument(method="card", card_last4=number[-4:], **who), CARDS[number]
        if method == "upi":
            vpa = _vpa(str(body.get("vpa", "")))
            return Instrument(method="upi", vpa=vpa, **who), UPI_IDS[vpa]
        if method == "netbanking":
            bank = _listed(body, "bank", BANKS)
            return Instrument(method="netbanking", bank=bank, **who), None
        if method == "wallet":
            wallet = _listed(body, "wallet", WALLETS)
            return Instrument(method="wallet", wallet=wallet, **who), None
        description = "The selected method is invalid."
        raise invalid_input(description, "method")

    def _card_number(self, card: Mapping[str, object]) -> str:
        number = re.sub(r"[\s-]", "", str(card.get("number", "")))
        if number not in CARDS:
            description = "Not a test card. Try 4100 2800 0000 1007, which pays."
            raise invalid_input(description, "card[number]")
        today = datetime.fromtimestamp(self._account.now(), UTC)
        if not _lasts(str(card.get("expiry", "")), today):
            description = "Your card has expired, or its date is not of the form MM / YY."
            raise invalid_input(description, "card[expiry]")
        if not re.fullmatch(r"\d{3,4}", str(card.get("cvv", ""))):
            description = "The CVV has 3 digits."
            raise invalid_input(description, "card[cvv]")
        return number


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


def _vpa(text: str) -> str:
    vpa = text.strip().lower()
    if vpa not in UPI_IDS:
        description = "Invalid UPI ID. In test mode use success@razorpay or failure@razorpay."
        raise invalid_input(description, "vpa")
    return vpa


def _listed(body: Mapping[str, object], name: str, allowed: Mapping[str, str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        description = f"Choose a {name}."
        raise invalid_input(description, name)
    return value


def _lasts(expiry: str, today: datetime) -> bool:
    form = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*(?:20)?(\d{2})", expiry.strip())
    if form is None:
        return False
    return (2000 + int(form[2]), int(form[1])) >= (today.year, today.month)
