"""How the rest of the house talks to an order's workflow; typed, with our errors."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import ids
from domain.errors import CommandRefused, OrderNotFound, OrderUnavailable
from domain.events import OrderEvent
from domain.messages import (
    CancelOrder,
    CheckoutAnswer,
    CommandAnswer,
    ConfirmPayment,
    DecidePayout,
    DisputeNews,
    EventsSince,
    MarkPacked,
    OrderInput,
    PaymentNews,
    PayoutDetails,
    ProposePayout,
    RecordPayout,
    RefundNews,
    ResolveAttention,
    StatusSnapshot,
)
from domain.order import OrderState, Placement
from domain.ports import OrderArchive
from domain.shipment import CourierUpdate
from domain.status import OrderStatus
from domain.wire import to_json
from workflows.console import attributes, summary
from workflows.order import CHECKOUT, OrderWorkflow
from workflows.policies import ORDERS_QUEUE

Handle = WorkflowHandle[OrderWorkflow, OrderStatus | None]
Start = WithStartWorkflowOperation[OrderWorkflow, OrderStatus | None]

ANSWER_LIMIT = timedelta(seconds=10)
"""A caller waits this long for a command; then the same key re-attaches."""

QUERY_LIMIT = timedelta(seconds=3)


class OrderClient:
    """Implements `OrderCommands` and `OrderNews` over a Temporal client."""

    def __init__(self, client: Client, archive: OrderArchive) -> None:
        """Talk through this client; resume closed orders from this archive."""
        self._client = client
        self._archive = archive

    async def checkout(self, placement: Placement) -> CheckoutAnswer:
        """Start the order with an Update-with-Start, or re-attach to the one that is there.

        One update id and `REJECT_DUPLICATE`: a closed order is never started a second time.
        """
        state = OrderState.of(placement)
        start: Start = WithStartWorkflowOperation(
            OrderWorkflow.run,
            OrderInput(placement=placement),
            id=ids.workflow_id(placement.order_id),
            task_queue=ORDERS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=attributes(state),
            static_summary=summary(placement),
        )
        async with _errors(placement.order_id):
            try:
                return await self._answer_within_limit(start)
            except WorkflowAlreadyStartedError:
                return await self._answer_of_closed(placement.order_id)
            finally:
                await _swallow(start.workflow_handle())

    async def _answer_within_limit(self, start: Start) -> CheckoutAnswer:
        answer: CheckoutAnswer = await asyncio.wait_for(
            self._client.execute_update_with_start_workflow(
                CHECKOUT, start_workflow_operation=start, id=CHECKOUT, result_type=CheckoutAnswer
            ),
            ANSWER_LIMIT.total_seconds(),
        )
        return answer

    async def confirm_payment(self, order_id: str, command: ConfirmPayment) -> CommandAnswer:
        """Hand over what the payment sheet returned; a repeat gets the first answer.

        A forged hand-over must not take the place of the genuine one.
        """
        key = _update_id("payment", command.razorpay_payment_id, command)
        return await self._command(order_id, OrderWorkflow.confirm_payment, command, key)

    async def cancel(self, order_id: str, command: CancelOrder, key: str) -> CommandAnswer:
        """Cancel the order while it has not been handed to the courier."""
        return await self._command(
            order_id, OrderWorkflow.cancel, command, _update_id("cancel", key, command)
        )

    async def resolve_attention(
        self, order_id: str, command: ResolveAttention, key: str
    ) -> CommandAnswer:
        """Answer an open attention."""
        return await self._command(
            order_id,
            OrderWorkflow.resolve_attention,
            command,
            _update_id("resolve", key, command),
        )

    async def mark_packed(self, order_id: str, command: MarkPacked, key: str) -> CommandAnswer:
        """Tell that a parcel is packed."""
        return await self._command(
            order_id, OrderWorkflow.mark_packed, command, _update_id("packed", key, command)
        )

    async def propose_payout(
        self, order_id: str, command: ProposePayout, key: str
    ) -> CommandAnswer:
        """Propose to pay a cash refund to a beneficiary."""
        return await self._command(
            order_id, OrderWorkflow.propose_payout, command, _update_id("payout", key, command)
        )

    async def decide_payout(self, order_id: str, command: DecidePayout, key: str) -> CommandAnswer:
        """Approve, refuse or withdraw a payout."""
        return await self._command(
            order_id, OrderWorkflow.decide_payout, command, _update_id("payout", key, command)
        )

    async def record_payout(self, order_id: str, command: RecordPayout, key: str) -> CommandAnswer:
        """Tell that an approved payout has gone."""
        return await self._command(
            order_id, OrderWorkflow.record_payout, command, _update_id("payout", key, command)
        )

    async def payouts(self, order_id: str) -> Sequence[PayoutDetails]:
        """Return an order's payouts, the open ones with their beneficiary.

        Past Temporal's retention, the archive's: none of those is open.
        """
        try:
            async with _errors(order_id):
                return await self._handle(order_id).query(
                    OrderWorkflow.payouts, rpc_timeout=QUERY_LIMIT
                )
        except OrderNotFound:
            archived = await self._archive.load(order_id)
            if archived is None:
                raise
            return [PayoutDetails(payout=payout) for payout in archived.payouts.values()]

    async def status(self, order_id: str) -> StatusSnapshot:
        """Ask the workflow itself."""
        async with _errors(order_id):
            return await self._handle(order_id).query(OrderWorkflow.status, rpc_timeout=QUERY_LIMIT)

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        """Return the workflow's own events; past Temporal's retention, the archive's."""
        try:
            async with _errors(order_id):
                return await self._handle(order_id).query(
                    OrderWorkflow.events_since,
                    EventsSince(sequence=sequence),
                    rpc_timeout=QUERY_LIMIT,
                )
        except OrderNotFound:
            archived = await self._archive.load(order_id)
            if archived is None:
                raise
            return archived.events_since(sequence)

    async def payment_event(self, order_id: str, news: PaymentNews) -> None:
        """Tell of a payment; a closed order is resumed."""
        await self._signal(order_id, OrderWorkflow.payment_event, news)

    async def refund_event(self, order_id: str, news: RefundNews) -> None:
        """Tell of a refund; a closed order is resumed."""
        await self._signal(order_id, OrderWorkflow.refund_event, news)

    async def dispute_event(self, order_id: str, news: DisputeNews) -> None:
        """Tell of a dispute; a closed order is resumed."""
        await self._signal(order_id, OrderWorkflow.dispute_event, news)

    async def courier_event(self, order_id: str, news: CourierUpdate) -> None:
        """Tell of a parcel; a closed order is resumed."""
        await self._signal(order_id, OrderWorkflow.courier_event, news)

    async def _command(self, order_id: str, update: Any, command: Any, key: str) -> CommandAnswer:
        try:
            async with _errors(order_id):
                answer: CommandAnswer = await asyncio.wait_for(
                    self._handle(order_id).execute_update(update, command, id=key),
                    ANSWER_LIMIT.total_seconds(),
                )
                return answer
        except OrderNotFound:
            return await self._earlier_answer(order_id, key)

    async def _earlier_answer(self, order_id: str, key: str) -> CommandAnswer:
        """Return what a command was told while the order was open; a closed one takes no new."""
        async with _errors(order_id):
            earlier = self._handle(order_id).get_update_handle(key, result_type=CommandAnswer)
            return await asyncio.wait_for(earlier.result(), QUERY_LIMIT.total_seconds())

    async def _signal(self, order_id: str, signal: Any, news: Any) -> None:
        try:
            async with _errors(order_id):
                await self._handle(order_id).signal(signal, news)
        except OrderNotFound:
            archived = await self._archive.load(order_id)
            if archived is None:
                raise
            await self._resume(archived, signal, news)

    async def _resume(self, state: OrderState, signal: Any, news: Any) -> None:
        """Start the order's workflow again from its stored state, with the news as first signal."""
        async with _errors(state.order_id):
            await self._client.start_workflow(
                OrderWorkflow.run,
                OrderInput(resumed=state),
                id=ids.workflow_id(state.order_id),
                task_queue=ORDERS_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                search_attributes=attributes(state),
                static_summary=summary(state.placement),
                start_signal=signal.__name__,
                start_signal_args=[news],
            )

    async def _answer_of_closed(self, order_id: str) -> CheckoutAnswer:
        handle = self._handle(order_id)
        answer = await handle.query(OrderWorkflow.answer_of_checkout, rpc_timeout=QUERY_LIMIT)
        if answer is None:
            msg = f"order {order_id} ended without an answer"
            raise OrderUnavailable(msg)
        return answer

    def _handle(self, order_id: str) -> Handle:
        return self._client.get_workflow_handle_for(OrderWorkflow.run, ids.workflow_id(order_id))


def _update_id(name: str, key: str, command: object) -> str:
    """Return the update id of a command: the same key with another command is another update."""
    digest = hashlib.sha256(json.dumps(to_json(command), sort_keys=True).encode()).hexdigest()
    return f"{name}:{key}:{digest[:16]}"


async def _swallow(handle: Awaitable[Handle]) -> None:
    """Look at the second outcome of an Update-with-Start, which only repeats the first one's error.

    The SDK keeps it in a future that logs an error unless somebody has looked.
    """
    with suppress(Exception, asyncio.CancelledError):
        await handle


@asynccontextmanager
async def _errors(order_id: str) -> AsyncIterator[None]:
    """Translate Temporal's errors once: refused, not there, or no answer in time."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.type and cause.non_retryable:
            raise CommandRefused(cause.type, cause.message) from error
        raise OrderUnavailable(str(cause)) from error
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        raise OrderUnavailable(str(error)) from error
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        msg = f"order {order_id} gave no answer in time"
        raise OrderUnavailable(msg) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            msg = f"there is no running order {order_id}"
            raise OrderNotFound(msg) from error
        msg = f"Temporal: {error.message}"
        raise OrderUnavailable(msg) from error
