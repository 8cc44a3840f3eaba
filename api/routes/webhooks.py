"""News from Razorpay and from the courier: verified, queued, answered; nothing else happens here.

A status code other than 2xx makes the sender repeat and at last switch the webhook off, so only
what is forged, unreadable or could not be queued is refused.
"""

import asyncio
import hashlib
import json
import logging
from datetime import datetime
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
LONGEST_MESSAGE: Final = 1024 * 1024
"""What SQS takes; real webhooks have a few kilobytes."""
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
    message = inbox_message(RAZORPAY, body, event_id, deps.clock.now())
    if message is None:
        outcomes.labels(RAZORPAY, "unreadable").inc()
        raise Problem(types.WEBHOOK_UNREADABLE)
    await _queue(deps, message)
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
    message = inbox_message(COURIER, await request.body(), None, deps.clock.now())
    if message is None:
        log.warning("webhook_unreadable", extra={"source": COURIER})
        outcomes.labels(COURIER, "unreadable").inc()
        return Received()
    await _queue(deps, message)
    outcomes.labels(COURIER, "queued").inc()
    return Received()


def inbox_message(
    source: str, body: bytes, event_id: str | None, received_at: datetime
) -> str | None:
    """Return the message for the inbox, or None if the body is no JSON object or far too long.

    The body travels as text, byte for byte what was signed.
    """
    text = _readable(body)
    if text is None:
        return None
    message = {
        "source": source,
        "received_at": received_at.isoformat(),
        "event_id": (event_id or "")[:LONGEST_EVENT_ID] or _digest(body),
        "body": text,
    }
    written = json.dumps(message, separators=(",", ":"))
    return written if len(written) <= LONGEST_MESSAGE else None


def _readable(body: bytes) -> str | None:
    try:
        text = body.decode()
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


async def _queue(deps: Dependencies, message: str) -> None:
    """Put one message on the inbox.

    Raises:
        StoreUnavailable: the queue did not take it in time.
    """
    try:
        async with asyncio.timeout(QUEUE_DEADLINE_S):
            await deps.inbox.send(message)
    except TimeoutError as error:
        text = "the webhook inbox gave no answer"
        raise StoreUnavailable(text) from error


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
