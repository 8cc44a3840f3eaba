"""Placing orders, and reading them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from api.checkout import OrderPlacement
from api.dependencies import Dependencies, Deps
from api.idempotency import IdempotencyKey
from api.problems import catalogue as types
from api.problems.handlers import refusal
from api.problems.openapi import problems
from api.problems.problem import Problem
from api.reading import Wanted, read_order
from api.schemas.carts import OrderRequest
from api.schemas.checkout import CheckoutBody, PaymentBody, TrackingBody
from api.schemas.orders import OrderBody, OrderList, order_of, page_of
from api.security import AnyCaller, CustomerCaller
from domain.messages import CheckoutAnswer, Refusal

router = APIRouter(prefix="/orders", tags=["orders"])

TOKEN_STEP: Final = timedelta(hours=1)
"""Tokens of one hour are equal, so a repeated checkout gets literally the same answer."""
TOKEN_LIFETIME: Final = 2 * TOKEN_STEP
_UTC_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@router.post(
    "",
    status_code=201,
    responses=problems(
        types.MALFORMED_BODY,
        types.IDEMPOTENCY_KEY_INVALID,
        types.INVALID_TOKEN,
        types.FORBIDDEN,
        types.OUT_OF_STOCK,
        types.PAYMENT_REJECTED,
        types.BODY_TOO_LARGE,
        types.INVALID_REQUEST,
        types.INVALID_CART,
        types.COUPON_REFUSED,
        types.IDEMPOTENCY_KEY_REUSED,
        types.ORDER_UNAVAILABLE,
        types.COURIER_UNAVAILABLE,
    ),
)
async def place_order(
    caller: CustomerCaller,
    key: IdempotencyKey,
    request: OrderRequest,
    deps: Deps,
    response: Response,
) -> CheckoutBody:
    """Place an order and get what the payment sheet needs, in one call.

    The same key and body gets the same answer for ever, also a refusal; after a 503 it re-attaches.
    """
    answer = await OrderPlacement(deps, caller.subject, key, request).place()
    if answer.refusal:
        raise _refused(answer.refusal, request)
    response.headers["Location"] = f"/orders/{answer.order_id}"
    return CheckoutBody(
        order_id=answer.order_id,
        status=answer.status,
        total_paise=answer.total_paise,
        sequence=answer.sequence,
        epoch=answer.epoch,
        payment=PaymentBody.of(answer.payment),
        tracking=_tracking(deps, caller.subject, answer),
    )


@router.get(
    "",
    responses=problems(types.INVALID_TOKEN, types.INVALID_REQUEST, types.SERVICE_UNAVAILABLE),
)
async def list_orders(
    caller: AnyCaller,
    deps: Deps,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[str | None, Query(pattern="^ord_[a-z2-7]{20}$")] = None,
) -> OrderList:
    """List the caller's own orders, newest first."""
    return page_of(await deps.views.of_customer(caller.subject, limit, before), limit)


@router.get(
    "/{order_id}",
    responses=problems(
        types.INVALID_TOKEN,
        types.ORDER_NOT_FOUND,
        types.SEQUENCE_NOT_REACHED,
        types.INVALID_REQUEST,
        types.ORDER_UNAVAILABLE,
    ),
)
async def get_order(
    order_id: str,
    caller: AnyCaller,
    deps: Deps,
    min_sequence: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    epoch: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> OrderBody:
    """Show one order. Pass a command's `sequence` and `epoch` to never read an older state."""
    wanted = Wanted(sequence=min_sequence, epoch=epoch) if min_sequence is not None else None
    return order_of((await read_order(deps, order_id, caller, wanted)).view)


def _refused(refused: Refusal, request: OrderRequest) -> Problem:
    problem = refusal(refused.type, refused.message)
    if problem.type is types.OUT_OF_STOCK:
        problem.members["lines"] = _short_lines(refused, request)
    return problem


def _short_lines(refused: Refusal, request: OrderRequest) -> list[dict[str, Any]]:
    return [
        {"sku": item.sku, "requested": item.quantity}
        for item in request.items
        if item.sku in refused.skus
    ]


def _tracking(deps: Dependencies, customer_id: str, answer: CheckoutAnswer) -> TrackingBody:
    now = deps.clock.now()
    token = deps.issuer.issue(
        customer_id, now=now - (now - _UTC_EPOCH) % TOKEN_STEP, lifetime=TOKEN_LIFETIME
    )
    base = deps.settings.tracking_url
    return TrackingBody(
        url=f"{base}/track/{answer.order_id}",
        websocket_url=f"ws{base.removeprefix('http')}/live",
        token=token,
    )
