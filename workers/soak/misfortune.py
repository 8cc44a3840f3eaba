"""The faults of a soak, and the late help that real providers give after them."""

from typing import Final

from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.wire.tracking import webhook
from workers.soak.stack_client import Json, StackClient

WEBHOOKS: Final[Json] = {"loss": 0.1, "duplicate": 0.2, "reorder": 0.1}
RAZORPAY_HTTP: Final[Json] = {
    "lost_answer": 0.05,
    "error_500": 0.03,
    "html_502": 0.02,
    "error_429": 0.02,
    "reset": 0.02,
    "slow_s": 0.5,
    "slow": 0.1,
}
COURIER_HTTP: Final[Json] = {
    "lost_answer": 0.03,
    "error_500": 0.03,
    "html_502": 0.01,
    "reset": 0.01,
    "slow_s": 0.5,
    "slow": 0.1,
}
COURIER_STEP_S: Final = 0.6


def described() -> Json:
    """Return the faults as the result file shows them."""
    return {"webhooks": WEBHOOKS, "razorpay_http": RAZORPAY_HTTP, "courier_http": COURIER_HTTP}


async def begin(stack: StackClient, seed: int) -> None:
    """Let both providers misbehave from now on."""
    await stack.courier("PUT", "script", {"script": "happy", "step_s": COURIER_STEP_S})
    faults = {"seed": seed, "webhooks": WEBHOOKS}
    await stack.razorpay("PUT", "faults", {**faults, "http": RAZORPAY_HTTP})
    await stack.courier("PUT", "faults", {**faults, "http": COURIER_HTTP})


async def end(stack: StackClient) -> None:
    """Let both providers be well again."""
    await stack.razorpay("DELETE", "faults")
    await stack.courier("DELETE", "faults")


async def resend_lost(stack: StackClient, order_ids: set[str]) -> Json:
    """Send the last word on these orders once more; return how many were sent.

    The workflows would ask for it themselves, but only after hours (a refund) or days (a parcel).
    """
    ledger = await stack.razorpay("GET", "state")
    receipts = {order["id"]: order["receipt"] for order in ledger["orders"]}
    lost = [
        event
        for event in ledger["webhooks"]["events"]
        if event["state"] == "lost" and receipts.get(event["subject"]) in order_ids
    ]
    for event in lost:
        await stack.razorpay("POST", "webhooks", {"resend": event["id"]})
    return {"razorpay": len(lost), "courier": await _retell(stack, order_ids)}


async def _retell(stack: StackClient, order_ids: set[str]) -> int:
    parcels = [
        parcel
        for parcel in (await stack.courier("GET", "state"))["parcels"]
        if parcel["seller_order_id"].rsplit("-", 1)[0] in order_ids and parcel["scans"]
    ]
    key = {"x-api-key": stack.secrets["COURIER_WEBHOOK_TOKEN"]}
    for parcel in parcels:
        body = webhook(Parcel.from_document(parcel))
        answer = await stack.api("POST", "/webhooks/courier", json=body, headers=key)
        answer.raise_for_status()
    return len(parcels)
