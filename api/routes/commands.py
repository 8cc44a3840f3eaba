"""What a customer asks of an order: payment hand-over, cancellation."""

from fastapi import APIRouter

from api.dependencies import Deps
from api.idempotency import IdempotencyKey
from api.problems import catalogue as types
from api.problems.openapi import problems
from api.schemas.commands import CancelRequest, CommandBody, HandoverRequest
from api.security import AnyCaller
from api.steering import steering
from domain.errors import PaymentSignatureInvalid

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post(
    "/{order_id}/payment",
    responses=problems(
        types.MALFORMED_BODY,
        types.INVALID_TOKEN,
        types.ORDER_NOT_FOUND,
        types.COMMAND_REFUSED,
        types.IMPOSSIBLE_STEP,
        types.BODY_TOO_LARGE,
        types.INVALID_REQUEST,
        types.PAYMENT_SIGNATURE_INVALID,
        types.ORDER_UNAVAILABLE,
    ),
)
async def hand_over_payment(
    order_id: str, caller: AnyCaller, request: HandoverRequest, deps: Deps
) -> CommandBody:
    """Hand over what the payment sheet returned. Repeats are harmless."""
    async with steering(deps, order_id, caller):
        command = request.command()
        if not deps.handover_signed(command):
            # Checked here first: a forged one must not cost the workflow an update and a call.
            msg = "the payment's signature is not valid for this order"
            raise PaymentSignatureInvalid(msg)
        answer = await deps.commands.confirm_payment(order_id, command)
    return CommandBody.of(answer)


@router.post(
    "/{order_id}/cancel",
    responses=problems(
        types.MALFORMED_BODY,
        types.IDEMPOTENCY_KEY_INVALID,
        types.INVALID_TOKEN,
        types.ORDER_NOT_FOUND,
        types.COMMAND_REFUSED,
        types.IMPOSSIBLE_STEP,
        types.LINE_NOT_CANCELLABLE,
        types.SHIPMENT_TOO_LATE,
        types.BODY_TOO_LARGE,
        types.INVALID_REQUEST,
        types.ORDER_UNAVAILABLE,
    ),
)
async def cancel_order(
    order_id: str, caller: AnyCaller, key: IdempotencyKey, request: CancelRequest, deps: Deps
) -> CommandBody:
    """Cancel the order, or some units of it, while they are still here; what was paid goes back.

    A booked parcel that holds other units too is withdrawn; the rest of it is sent as a new one.
    """
    command = request.command(by=caller.scope.value)
    async with steering(deps, order_id, caller):
        answer = await deps.commands.cancel(order_id, command, key)
    return CommandBody.of(answer)
