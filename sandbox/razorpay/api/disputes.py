"""`/v1/disputes`: read, accept, contest."""

from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.balance import EVIDENCE_LISTS, Dispute
from sandbox.razorpay.bank.disputing import move_dispute
from sandbox.razorpay.entities import Json

LONGEST_SUMMARY = 1000


def routes(account: Account) -> list[Route]:
    """Return the dispute routes."""
    one = "/v1/disputes/{dispute_id}"
    return [
        api_route(account, "GET", "/v1/disputes", list_disputes),
        api_route(account, "GET", one, fetch_dispute),
        api_route(account, "POST", f"{one}/accept", accept_dispute),
        api_route(account, "PATCH", f"{one}/contest", contest_dispute),
    ]


async def list_disputes(call: Call) -> dict[str, object]:
    """Return disputes, newest first."""
    wanted = fields.page(call.query)
    disputes = call.account.ledger.disputes.values()
    return fields.collection(one.as_json() for one in fields.select(disputes, wanted))


async def fetch_dispute(call: Call) -> dict[str, object]:
    """Return one dispute as it is now."""
    return call.account.ledger.dispute(call.ids["dispute_id"]).as_json()


async def accept_dispute(call: Call) -> dict[str, object]:
    """Give in: the dispute is lost, its amount leaves the balance."""
    dispute = _open_dispute(call)
    fields.refuse_unknown(call.body, ())
    move_dispute(call.account, dispute, "lost", at=call.account.now())
    return dispute.as_json()


async def contest_dispute(call: Call) -> dict[str, object]:
    """Keep evidence (`action` draft) or hand it in (`submit`), which starts the review."""
    dispute = _open_dispute(call)
    fields.refuse_unknown(call.body, ("amount", "summary", *EVIDENCE_LISTS, "action"))
    action = fields.choice(call.body, "action", ("draft", "submit"), "draft")
    dispute.evidence |= _evidence(call.body, dispute)
    if action == "submit":
        move_dispute(call.account, dispute, "under_review", at=call.account.now())
    else:
        call.account.ledger.save(dispute)
    return dispute.as_json()


def _evidence(body: fields.Fields, dispute: Dispute) -> Json:
    given: Json = {name: body[name] for name in EVIDENCE_LISTS if name in body}
    for name, documents in given.items():
        if documents is not None and not isinstance(documents, list):
            description = f"The {name} must be an array."
            raise invalid_input(description, name)
    if body.get("summary") is not None:
        given["summary"] = fields.text(body, "summary", LONGEST_SUMMARY)
    if body.get("amount") is not None:
        given["amount"] = fields.amount_paise(body)
        if fields.amount_paise(body) > dispute.amount:
            description = "contest amount cannot be greater than dispute amount."
            raise invalid_input(description, "amount")
    return given


def _open_dispute(call: Call) -> Dispute:
    dispute = call.account.ledger.dispute(call.ids["dispute_id"])
    if dispute.status != "open":
        description = f"Action not allowed when dispute is in {dispute.status} status."
        raise invalid_input(description)
    return dispute
