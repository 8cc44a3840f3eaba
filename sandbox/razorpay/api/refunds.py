"""Refund calls, with the idempotency header that only refunds have."""

import asyncio
import json
import re

from starlette.routing import Route

from sandbox.razorpay.account import Account, atomic
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.api.errors import not_applicable, unknown_id
from sandbox.razorpay.bank.refunding import check_refund, start_refund
from sandbox.razorpay.entities import Payment, Refund
from sandbox.razorpay.identity import new_id
from sandbox.razorpay.stored import IdempotencyKey

KEY_HEADER = "x-refund-idempotency"
KEY_FORM = re.compile(r"[A-Za-z0-9_-]{10,}")
CREATE_FIELDS = ("amount", "speed", "notes", "receipt")
LONGEST_RECEIPT = 40


def routes(account: Account) -> list[Route]:
    """Return the refund routes."""
    of_payment = "/v1/payments/{payment_id}"
    return [
        api_route(account, "POST", f"{of_payment}/refund", refund_payment),
        api_route(account, "GET", f"{of_payment}/refunds", list_payment_refunds),
        api_route(account, "GET", f"{of_payment}/refunds/{{refund_id}}", fetch_payment_refund),
        api_route(account, "POST", "/v1/refunds", create_refund),
        api_route(account, "GET", "/v1/refunds", list_refunds),
        api_route(account, "GET", "/v1/refunds/{refund_id}", fetch_refund),
        api_route(account, "PATCH", "/v1/refunds/{refund_id}", edit_refund),
    ]


async def refund_payment(call: Call) -> dict[str, object]:
    """Refund a payment, in part with `amount`, else all that is left."""
    fields.refuse_unknown(call.body, CREATE_FIELDS)
    return await _once_per_key(call, call.ids["payment_id"])


async def create_refund(call: Call) -> dict[str, object]:
    """Refund the payment named by `payment_id`."""
    fields.refuse_unknown(call.body, (*CREATE_FIELDS, "payment_id"))
    return await _once_per_key(call, str(call.body.get("payment_id", "")))


async def list_payment_refunds(call: Call) -> dict[str, object]:
    """Return the refunds of a payment, newest first."""
    wanted = fields.page(call.query)
    payment = call.account.ledger.payment(call.ids["payment_id"])
    refunds = call.account.ledger.refunds_of(payment.id)
    return fields.collection(one.as_json() for one in fields.select(refunds, wanted))


async def fetch_payment_refund(call: Call) -> dict[str, object]:
    """Return one refund of a payment."""
    payment = call.account.ledger.payment(call.ids["payment_id"])
    refund = call.account.ledger.refund(call.ids["refund_id"])
    if refund.payment_id != payment.id:
        raise unknown_id()
    return refund.as_json()


async def list_refunds(call: Call) -> dict[str, object]:
    """Return refunds, newest first."""
    wanted = fields.page(call.query)
    refunds = call.account.ledger.refunds.values()
    return fields.collection(one.as_json() for one in fields.select(refunds, wanted))


async def fetch_refund(call: Call) -> dict[str, object]:
    """Return one refund as it is now."""
    return call.account.ledger.refund(call.ids["refund_id"]).as_json()


async def edit_refund(call: Call) -> dict[str, object]:
    """Replace the notes, the only thing of a refund that can change."""
    refund = call.account.ledger.refund(call.ids["refund_id"])
    fields.refuse_unknown(call.body, ("notes",))
    refund.notes = fields.notes(call.body)
    call.account.ledger.save(refund)
    return refund.as_json()


async def _once_per_key(call: Call, payment_id: str) -> dict[str, object]:
    header = call.headers.get(KEY_HEADER)
    if header is None:
        return await _refund(call, payment_id)
    if not KEY_FORM.fullmatch(header):
        raise not_applicable(
            400,
            "The idempotency key must be at least 10 characters long and may contain only "
            "letters, digits, hyphens and underscores.",
        )
    request = json.dumps([payment_id, call.body], sort_keys=True)
    keys = call.account.ledger.keys
    if header in keys:
        return _replay(keys[header], request)
    key = keys[header] = IdempotencyKey(key=header, request=request)
    try:
        return await _refund(call, payment_id, key)
    finally:
        if key.answer is None:
            # A refused request had no effect: the key is free for the corrected one.
            del keys[header]


def _replay(known: IdempotencyKey, request: str) -> dict[str, object]:
    if known.request != request:
        raise not_applicable(
            409,
            "Different request with the same idempotency key has already been processed.",
        )
    if known.answer is None:
        raise not_applicable(
            409, "Another request with the same idempotency key is still in progress."
        )
    return known.answer


async def _refund(
    call: Call, payment_id: str, key: IdempotencyKey | None = None
) -> dict[str, object]:
    account = call.account
    payment = account.ledger.payment(payment_id)
    asked = fields.amount_paise(call.body) if call.body.get("amount") is not None else None
    refund = Refund(
        id=new_id("rfnd"),
        amount=0,
        currency=payment.currency,
        payment_id=payment.id,
        created_at=int(account.now()),
        speed_requested=fields.choice(call.body, "speed", ("normal", "optimum"), "normal"),
        receipt=fields.text(call.body, "receipt", LONGEST_RECEIPT),
        notes=fields.notes(call.body),
    )
    await asyncio.sleep(account.refunds.work_s)
    refund.amount = check_refund(account, payment, asked)
    return _start_with_key(account, payment, refund, key)


@atomic
def _start_with_key(
    account: Account, payment: Payment, refund: Refund, key: IdempotencyKey | None
) -> dict[str, object]:
    start_refund(account, payment, refund, at=account.now())
    answer = refund.as_json()
    if key is not None:
        key.answer = answer
        account.ledger.save_key(key)
    return answer
