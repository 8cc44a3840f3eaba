"""`/v1/payments`: read, list, change notes, capture."""

from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.bank.attempts import capture_payment, check_capture


def routes(account: Account) -> list[Route]:
    """Return the payment routes."""
    one = "/v1/payments/{payment_id}"
    return [
        api_route(account, "GET", "/v1/payments", list_payments),
        api_route(account, "GET", one, fetch_payment),
        api_route(account, "PATCH", one, edit_payment),
        api_route(account, "POST", f"{one}/capture", capture),
    ]


async def fetch_payment(call: Call) -> dict[str, object]:
    """Return one payment as it is now."""
    fields.refuse_unknown(dict(call.query), ("expand[]",))
    return call.account.ledger.payment(call.ids["payment_id"]).as_json()


async def list_payments(call: Call) -> dict[str, object]:
    """Return payments, newest first."""
    wanted = fields.page(call.query, ("expand[]",))
    payments = call.account.ledger.payments.values()
    return fields.collection(one.as_json() for one in fields.select(payments, wanted))


async def edit_payment(call: Call) -> dict[str, object]:
    """Replace the notes, the only thing of a payment that a merchant can change."""
    payment = call.account.ledger.payment(call.ids["payment_id"])
    fields.refuse_unknown(call.body, ("notes",))
    payment.notes = fields.notes(call.body)
    call.account.ledger.save(payment)
    return payment.as_json()


async def capture(call: Call) -> dict[str, object]:
    """Capture an authorized payment in full; a second capture is refused."""
    payment = call.account.ledger.payment(call.ids["payment_id"])
    fields.refuse_unknown(call.body, ("amount", "currency"))
    amount = fields.amount_paise(call.body)
    fields.currency(call.body)
    check_capture(call.account, payment, amount)
    capture_payment(call.account, payment, at=call.account.now())
    return payment.as_json()
