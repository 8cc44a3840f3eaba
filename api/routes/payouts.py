"""Cash going back by hand: one person of ops proposes, another approves, the UTR proves it."""

from collections.abc import Iterator

from fastapi import APIRouter

from api.dependencies import Deps
from api.idempotency import IdempotencyKey, OptionalIdempotencyKey
from api.problems import catalogue as types
from api.problems.openapi import problems
from api.problems.problem import Problem
from api.schemas.commands import CommandBody
from api.schemas.payouts import (
    DecideRequest,
    PaidRequest,
    PayoutBody,
    PayoutList,
    ProposeRequest,
)
from api.security import OpsCaller
from api.steering import steering
from domain import ids
from domain.errors import FieldError, OrderNotFound
from domain.messages import DecidePayout, ProposePayout, RecordPayout
from domain.payouts import PayoutDecision, beneficiary_errors

router = APIRouter(prefix="/ops/orders/{order_id}/payouts", tags=["ops"])

_COMMAND_PROBLEMS = problems(
    types.MALFORMED_BODY,
    types.IDEMPOTENCY_KEY_INVALID,
    types.INVALID_TOKEN,
    types.FORBIDDEN,
    types.ORDER_NOT_FOUND,
    types.COMMAND_REFUSED,
    types.IMPOSSIBLE_STEP,
    types.BODY_TOO_LARGE,
    types.INVALID_REQUEST,
    types.ORDER_UNAVAILABLE,
)


@router.get(
    "",
    responses=problems(
        types.INVALID_TOKEN, types.FORBIDDEN, types.ORDER_NOT_FOUND, types.ORDER_UNAVAILABLE
    ),
)
async def list_payouts(order_id: str, _: OpsCaller, deps: Deps) -> PayoutList:
    """Show an order's payouts to those who approve and pay them.

    Asks the order itself: the full beneficiary stands in no view and no event.
    """
    if not ids.is_order_id(order_id):
        raise OrderNotFound
    found = await deps.payouts.payouts(order_id)
    return PayoutList(payouts=[PayoutBody.of(each) for each in found])


@router.post("", responses=_COMMAND_PROBLEMS)
async def propose_payout(
    order_id: str, caller: OpsCaller, request: ProposeRequest, deps: Deps, key: IdempotencyKey
) -> CommandBody:
    """Propose to pay a cash refund in full, or to grant one. A second person has to approve it."""
    command = ProposePayout(
        refund=request.refund,
        amount_paise=request.amount_paise,
        beneficiary=request.beneficiary.beneficiary(),
        reason=request.reason,
        by=caller.subject,
    )
    _require(beneficiary_errors(command.beneficiary))
    async with steering(deps, order_id, caller):
        answer = await deps.payouts.propose_payout(order_id, command, key)
    return CommandBody.of(answer)


@router.post("/{number}/decision", responses=_COMMAND_PROBLEMS)
async def decide_payout(
    order_id: str,
    number: int,
    caller: OpsCaller,
    request: DecideRequest,
    deps: Deps,
    key: OptionalIdempotencyKey = None,
) -> CommandBody:
    """Approve or refuse somebody else's proposal, or withdraw one that is not paid yet."""
    _require(_note_errors(request))
    command = DecidePayout(
        payout=number, decision=request.decision, by=caller.subject, note=request.note
    )
    async with steering(deps, order_id, caller):
        answer = await deps.payouts.decide_payout(
            order_id, command, key or f"{number}-{request.decision}"
        )
    return CommandBody.of(answer)


@router.post("/{number}/paid", responses=_COMMAND_PROBLEMS)
async def record_payout(
    order_id: str,
    number: int,
    caller: OpsCaller,
    request: PaidRequest,
    deps: Deps,
    key: OptionalIdempotencyKey = None,
) -> CommandBody:
    """Record an approved payout as paid; the refund is then done."""
    command = RecordPayout(payout=number, utr=request.utr, by=caller.subject)
    async with steering(deps, order_id, caller):
        answer = await deps.payouts.record_payout(order_id, command, key or f"{number}-paid")
    return CommandBody.of(answer)


def _note_errors(request: DecideRequest) -> Iterator[FieldError]:
    if request.decision is not PayoutDecision.APPROVE and not request.note:
        yield FieldError(
            field="note",
            message=f"to {request.decision} a payout needs a note",
            remedy="say why in a few words",
        )


def _require(errors: Iterator[FieldError]) -> None:
    found = list(errors)
    if found:
        detail = "; ".join(f"{each.field}: {each.message}" for each in found)
        raise Problem(types.INVALID_REQUEST, detail, errors=found)
