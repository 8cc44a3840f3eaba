"""News from Razorpay and from the courier: verified, queued, answered; nothing else happens here.

A status code other than 2xx makes the sender repeat and at last switch the webhook off, so only
what is forged, unreadable or could not be queued is refused.
"""

import asyncio
import logging
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel

from api.dependencies import Dependencies, Deps, FiguresOf
from api.middleware.figures import Figures
from api.problems import catalogue as types
from api.problems.openapi import Responses, problems
from api.problems.problem import Problem
from domain.errors import StoreUnavailable
from domain.webhooks import COURIER, RAZORPAY, UNREADABLE, UNSIGNED, Judgement, judge

log = logging.getLogger(__name__)

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

QUEUE_DEADLINE_S: Final = 4.0
"""Razorpay waits for five seconds."""
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
    judgement = judge(
        RAZORPAY,
        body,
        genuine=deps.razorpay_signed(body, signature),
        received_at=deps.clock.now(),
        event_id=event_id,
    )
    if judgement.outcome == UNREADABLE:
        figures.webhooks.labels(RAZORPAY, UNREADABLE).inc()
        raise Problem(types.WEBHOOK_UNREADABLE)
    return await _answer(
        deps, figures, RAZORPAY, judgement, refusal="the signature is missing or wrong"
    )


@router.post("/courier", responses=_ANSWERS, openapi_extra=_JSON_BODY)
async def receive_courier(
    request: Request,
    deps: Deps,
    figures: FiguresOf,
    token: Annotated[str | None, Header(alias="X-Api-Key")] = None,
) -> Received:
    """Take a parcel's news. Always 200 for the right key: parcels of others are told of too."""
    judgement = judge(
        COURIER,
        await request.body(),
        genuine=deps.courier_known(token),
        received_at=deps.clock.now(),
    )
    if judgement.outcome == UNREADABLE:
        log.warning("webhook_unreadable", extra={"source": COURIER})
    return await _answer(
        deps, figures, COURIER, judgement, refusal="the header x-api-key is missing or wrong"
    )


async def _answer(
    deps: Dependencies, figures: Figures, source: str, judgement: Judgement, *, refusal: str
) -> Received:
    """Queue what is to be queued, count the outcome when it is certain, and answer."""
    if judgement.outcome == UNSIGNED:
        figures.webhooks.labels(source, UNSIGNED).inc()
        raise Problem(types.WEBHOOK_UNSIGNED, refusal)
    if judgement.message is not None:
        await _queue(deps, judgement.message)
    figures.webhooks.labels(source, judgement.outcome).inc()
    return Received()


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
