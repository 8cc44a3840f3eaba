"""The order workflow: what happens, in which order, and how it is undone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.attention import AttentionAction
    from domain.errors import (
        ImpossibleStep,
        PaymentSignatureInvalid,
    )
    from domain.events import EventType, OrderEvent
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
        Refusal,
        ResolveAttention,
        StatusSnapshot,
    )
    from domain.order import OrderState
    from domain.payment import bank_reference
    from domain.shipment import CourierUpdate, ShipmentState
    from domain.status import OrderStatus
    from workflows.cancelling import Cancelling, refused
    from workflows.closing import Closing
    from workflows.desk import Desk
    from workflows.disputes import Disputes
    from workflows.fulfilment import Fulfilment, tell_cancelled
    from workflows.payment import Payments
    from workflows.placing import checkout_answer, commit_stock, compensate, place
    from workflows.refunds import REFUND, Refunds

CHECKOUT = "checkout"


@workflow.defn(name="Order")
class OrderWorkflow:
    """One order's whole life. Steps stand in `placing`, `payment` and `parcel`."""

    @workflow.init
    def __init__(self, start: OrderInput) -> None:
        """Build the state before any message is handled."""
        state = start.resumed or OrderState.of(_required(start.placement, "placement"))
        self.state = state
        self._desk = Desk(state)
        self._payments = Payments(self._desk)
        self._refunds = Refunds(self._desk, self._payments)
        self._disputes = Disputes(self._desk, self._payments)
        self._closing = Closing(self._desk, self._payments, self._refunds)
        self._fulfilment = Fulfilment(self._desk)
        self._answer: CheckoutAnswer | None = checkout_answer(state) if state.events else None
        self._cancelling = Cancelling(self._desk, self._fulfilment.parcels, self._was_refused)

    @workflow.run
    async def run(self, start: OrderInput) -> OrderStatus | None:
        """Tell the order's story to its end; None if the checkout was refused.

        A cancellation of the workflow is a cancellation of the order: no step is torn apart.
        """
        story = asyncio.create_task(self._story())
        background = [
            asyncio.create_task(self._desk.outbox.keep_publishing(self._desk.console.refresh)),
            asyncio.create_task(self._refunds.keep_settling()),
            asyncio.create_task(self._desk.watch_aside()),
        ]
        try:
            await _first_of(story, *background)
        except asyncio.CancelledError:
            command = CancelOrder(reason="the workflow was cancelled", by="ops")
            if not self._cancelling.refusal(command):
                self._desk.cancel(command.reason, command.by)
            await _first_of(story, *background)
        for task in background:
            task.cancel()
        return self.state.status if self.state.events else None

    async def _story(self) -> None:
        if not self.state.events and (refusal := await place(self._desk)):
            self._refuse(refusal)
        else:
            await self._live()
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _live(self) -> None:
        state = self.state
        self._desk.retire_attention()
        if state.payment_order:
            self._answer = self._answer or checkout_answer(state)
        going_on = True
        while going_on:
            if state.confirmed_at is None and state.expired_at is None:
                await self._pay()
            if state.confirmed_at is not None:
                await self._fulfilment.run()
            if state.cancelled_at or state.expired_at:
                await compensate(self._desk)
            going_on = await self._closing.wait() or not await self._closing.close()

    async def _pay(self) -> None:
        await self._payments.await_payment()
        if self.state.cancellation:
            tell_cancelled(self._desk)
        elif self.state.ledger.secured:
            await self._confirm()
        self._answer = self._answer or checkout_answer(self.state)

    async def _confirm(self) -> None:
        with self._desk.outbox.batch():
            try:
                await commit_stock(self._desk)
            except ApplicationError as refusal:
                self._desk.cancel(refusal.message, "system")
                tell_cancelled(self._desk)
            else:
                self.state.confirmed_at = workflow.now()
                self._desk.outbox.emit(EventType.ORDER_CONFIRMED)

    def _was_refused(self) -> bool:
        return self._answer is not None and self._answer.refusal is not None

    def _refuse(self, refusal: Refusal) -> None:
        placement = self.state.placement
        self._answer = CheckoutAnswer(
            order_id=placement.order_id,
            status=OrderStatus.CANCELLED,
            sequence=0,
            epoch=self.state.epoch,
            total_paise=placement.quote.total_paise,
            refusal=refusal,
        )

    # --- messages -----------------------------------------------------------------------------

    @workflow.update(name=CHECKOUT)
    async def checkout(self) -> CheckoutAnswer:
        """Answer the checkout once everything is held, or refused."""
        await workflow.wait_condition(lambda: self._answer is not None)
        answer: CheckoutAnswer = _required(self._answer, "answer")
        return answer

    @workflow.update
    async def confirm_payment(self, handover: ConfirmPayment) -> CommandAnswer:
        """Take the browser's signed hand-over, and answer once what was paid is acted upon.

        Repeats and late comers change nothing.
        """
        if self._answer is None:
            await workflow.wait_condition(lambda: self._answer is not None)
            self._refuse_handover(handover)
        await self._payments.confirm(handover)
        await workflow.wait_condition(self._payments.acted_upon)
        return self._command_answer("payment received")

    @confirm_payment.validator
    def _validate_confirm_payment(self, handover: ConfirmPayment) -> None:
        # A task that was lost may have published the payment order already: then the placing runs
        # again, and the hand-over waits for it instead of being told that there is none.
        if self._answer is not None:
            self._refuse_handover(handover)

    def _refuse_handover(self, handover: ConfirmPayment) -> None:
        order = self.state.payment_order
        if order is None:
            raise refused(ImpossibleStep, "this order has nothing to pay online")
        if handover.razorpay_order_id != order.razorpay_order_id:
            raise refused(PaymentSignatureInvalid, "this payment belongs to another order")

    @workflow.update
    async def cancel(self, command: CancelOrder) -> CommandAnswer:
        """Cancel the order or some of its lines, and answer once each parcel has answered to it.

        A parcel that the courier has picked up goes on its way; if that is true of all, nothing is
        cancelled.
        """
        return self._command_answer(await self._cancelling.cancel(command))

    @cancel.validator
    def _validate_cancel(self, command: CancelOrder) -> None:
        if reason := self._cancelling.refusal(command):
            raise refused(ImpossibleStep, reason)

    @workflow.update
    def resolve_attention(self, answer: ResolveAttention) -> CommandAnswer:
        """Take ops' decision about an open attention."""
        self._desk.resolve(answer)
        return self._command_answer("resolved")

    @resolve_attention.validator
    def _validate_resolve_attention(self, answer: ResolveAttention) -> None:
        found = self.state.attention.get(answer.attention_id)
        if found is None or found.resolved_at is not None:
            raise refused(ImpossibleStep, f"no attention {answer.attention_id!r} is open")
        if not found.actions:
            raise refused(ImpossibleStep, f"{found.attention_id}: {found.suggestion}")
        if answer.action not in found.actions:
            offered = ", ".join(action.value for action in found.actions)
            raise refused(ImpossibleStep, f"{answer.action} is not offered; choose {offered}")
        is_paid_by_hand = found.step == REFUND and answer.action is AttentionAction.SKIP
        if is_paid_by_hand and bank_reference(answer.note) is None:
            raise refused(ImpossibleStep, "note: give the bank's reference (UTR) of the transfer")

    @workflow.update
    def mark_packed(self, command: MarkPacked) -> CommandAnswer:
        """Take the warehouse's word that a parcel is packed."""
        self._fulfilment.parcels[command.shipment].move(ShipmentState.PACKED)
        return self._command_answer(f"parcel {command.shipment} is packed")

    @mark_packed.validator
    def _validate_mark_packed(self, command: MarkPacked) -> None:
        parcel = self.state.shipments.get(command.shipment)
        if parcel is None or command.shipment not in self._fulfilment.parcels:
            raise refused(ImpossibleStep, f"there is no parcel {command.shipment} yet")
        if parcel.state is not ShipmentState.BOOKED:
            raise refused(ImpossibleStep, f"parcel {parcel.number} is {parcel.state} already")
        if self.state.invoice_of(command.shipment) is None:
            raise refused(ImpossibleStep, f"the invoice of parcel {parcel.number} is not ready")

    @workflow.update
    def propose_payout(self, command: ProposePayout) -> CommandAnswer:
        """Propose to pay a cash refund to a beneficiary."""
        return self._command_answer(self._refunds.payouts.propose(command))

    @propose_payout.validator
    def _validate_propose_payout(self, command: ProposePayout) -> None:
        with _refusals():
            self._refunds.payouts.check_proposal(command)

    @workflow.update
    def decide_payout(self, command: DecidePayout) -> CommandAnswer:
        """Approve, refuse or withdraw a payout; nobody approves their own."""
        return self._command_answer(self._refunds.payouts.decide(command))

    @decide_payout.validator
    def _validate_decide_payout(self, command: DecidePayout) -> None:
        with _refusals():
            self._refunds.payouts.decided(command)

    @workflow.update
    def record_payout(self, command: RecordPayout) -> CommandAnswer:
        """Take the bank's word that an approved payout has gone."""
        return self._command_answer(self._refunds.payouts.record(command))

    @record_payout.validator
    def _validate_record_payout(self, command: RecordPayout) -> None:
        with _refusals():
            self._refunds.payouts.paid(command)

    @workflow.signal
    def payment_event(self, news: PaymentNews) -> None:
        """Take Razorpay's news of a payment."""
        self._payments.record(news.payment)

    @workflow.signal
    def refund_event(self, news: RefundNews) -> None:
        """Take Razorpay's news of a refund."""
        self._refunds.record(news.refund)

    @workflow.signal
    def dispute_event(self, news: DisputeNews) -> None:
        """Take Razorpay's news of a dispute."""
        self._disputes.record(news)

    @workflow.signal
    def courier_event(self, update: CourierUpdate) -> None:
        """Take the courier's news of a parcel; news of a parcel that has ended changes nothing."""
        if parcel := self._fulfilment.parcels.get(update.shipment):
            parcel.advance(update)

    @workflow.query
    def status(self) -> StatusSnapshot:
        """Say where the order stands and what it waits for."""
        return StatusSnapshot(
            order_id=self.state.order_id,
            customer_id=self.state.placement.customer_id,
            status=self.state.status,
            sequence=self.state.sequence,
            epoch=self.state.epoch,
            waits_for=self._desk.console.waits_for,
            until=self._desk.console.until,
        )

    @workflow.query(name="checkout_answer")
    def answer_of_checkout(self) -> CheckoutAnswer | None:
        """Return what the checkout was told, for a caller who asks again after the end."""
        return self._answer

    @workflow.query
    def payouts(self) -> list[PayoutDetails]:
        """Return the payouts for those who decide about them; holds personal data."""
        return self._refunds.payouts.details()

    @workflow.query
    def events_since(self, after: EventsSince) -> list[OrderEvent]:
        """Return the events after a sequence number, also those that are not published yet."""
        return self.state.events_since(after.sequence)

    def _command_answer(self, message: str) -> CommandAnswer:
        return CommandAnswer(
            order_id=self.state.order_id,
            status=self.state.status,
            sequence=self.state.sequence,
            epoch=self.state.epoch,
            message=message,
        )


async def _first_of(story: asyncio.Task[None], *background: asyncio.Task[None]) -> None:
    """Wait for the story's end; work in the background that ends before it is a defect.

    A defect fails the workflow task, which is retried and alerts; it never fails the order.
    """
    await workflow.wait([story, *background], return_when=asyncio.FIRST_COMPLETED)
    for task in background:
        if task.done():
            msg = f"background work ended: {task.exception()!r}"
            raise RuntimeError(msg)
    await story


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn a rule's refusal inside the block into the update's."""
    try:
        yield
    except ImpossibleStep as refusal:
        raise refused(ImpossibleStep, str(refusal)) from refusal


def _required(value: Any, name: str) -> Any:
    if value is None:
        msg = f"{name} is missing"
        raise ApplicationError(msg, type="InvalidInput", non_retryable=True)
    return value
