"""News from Razorpay and from the courier: verified, queued, answered; nothing else happens here.

A status code other than 2xx makes the sender repeat and at last switch the webhook off, so only
what is forged, unreadable or could not be queued is refused.
"""

import asyncio
import hashlib
import json
import logging
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel

from api.dependencies import Dependencies, Deps, FiguresOf
from api.problems import catalogue as types
from api.problems.openapi import Responses, problems
from api.problems.problem import Problem
from domain.errors import StoreUnavailable

log = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

QUEUE_DEADLINE_S: Final = 4.0
"""Razorpay waits for five seconds."""
LONGEST_EVENT_ID: Final = 128
RAZORPAY: Final = "razorpay"
COURIER: Final = "courier"
_JSON_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_ANSWERS: Final[Responses] = problems(
    types.WEBHOOK_UNSIGNED, types.BODY_TOO_LARGE, types.SERVICE_UNAVAILABLE
)


class Received(BaseModel):
    """What the sender is told."""

    received: bool = True


@router.post(
    "/razorpay", responses=problems(types.WEBHOOK_UNREADABLE) | _ANSWERS, openapi_extra=_JSON_BODY
)
async def receive_razorpay(
    request: Request,
    deps: Deps,
    figures: FiguresOf,
    signature: Annotated[str | None, Header(alias="X-Razorpay-Signature")] = None,
    event_id: Annotated[str | None, Header(alias="X-Razorpay-Event-Id")] = None,
) -> Received:
    """Take a payment's or refund's news. Duplicates and unknown orders are welcome."""
    body = await request.body()
    outcomes = figures.webhooks
    if not deps.razorpay_signed(body, signature):
        outcomes.labels(RAZORPAY, "unsigned").inc()
        raise Problem(types.WEBHOOK_UNSIGNED, "the signature is missing or wrong")
    text = readable(body)
    if text is None:
        outcomes.labels(RAZORPAY, "unreadable").inc()
        raise Problem(types.WEBHOOK_UNREADABLE)
    await _queue(deps, RAZORPAY, text, event_id)
    outcomes.labels(RAZORPAY, "queued").inc()
    return Received()


@router.post("/courier", responses=_ANSWERS, openapi_extra=_JSON_BODY)
async def receive_courier(
    request: Request,
    deps: Deps,
    figures: FiguresOf,
    token: Annotated[str | None, Header(alias="X-Api-Key")] = None,
) -> Received:
    """Take a parcel's news. Always 200 for the right key: parcels of others are told of too."""
    outcomes = figures.webhooks
    if not deps.courier_known(token):
        outcomes.labels(COURIER, "unsigned").inc()
        raise Problem(types.WEBHOOK_UNSIGNED, "the header x-api-key is missing or wrong")
    text = readable(await request.body())
    if text is None:
        log.warning("webhook_unreadable", extra={"source": COURIER})
        outcomes.labels(COURIER, "unreadable").inc()
        return Received()
    await _queue(deps, COURIER, text, None)
    outcomes.labels(COURIER, "queued").inc()
    return Received()


def readable(body: bytes) -> str | None:
    """Return the text of a JSON object, or None if it is none."""
    try:
        text = body.decode()
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


async def _queue(deps: Dependencies, source: str, body: str, event_id: str | None) -> None:
    """Put one message on the inbox. The body travels as text, byte for byte what was signed.

    Raises:
        StoreUnavailable: the queue did not take it in time.
    """
    message = {
        "source": source,
        "received_at": deps.clock.now().isoformat(),
        "event_id": (event_id or "")[:LONGEST_EVENT_ID] or _digest(body),
        "body": body,
    }
    try:
        async with asyncio.timeout(QUEUE_DEADLINE_S):
            await deps.inbox.send(json.dumps(message, separators=(",", ":")))
    except TimeoutError as error:
        text = "the webhook inbox gave no answer"
        raise StoreUnavailable(text) from error


def _digest(body: str) -> str:
    return f"sha256:{hashlib.sha256(body.encode()).hexdigest()}"
