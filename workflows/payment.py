"""Money coming in: waiting for it, and recording what becomes known of it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payments import LookUpPaymentsInput, PaymentActivities
    from domain.events import EventType
    from domain.messages import ConfirmPayment
    from domain.payment import EntryKind, GatewayPayment, PaymentEntry, PaymentStatus
    from domain.payment_truth import take_in
    from domain.snapshot import Cancellation
    from workflows import policies
    from workflows.calls import remote
    from workflows.desk import Desk

_EVENT_OF = {
    EntryKind.AUTHORIZED: EventType.PAYMENT_AUTHORIZED,
    EntryKind.CAPTURED: EventType.PAYMENT_CONFIRMED,
    EntryKind.FAILED: EventType.PAYMENT_FAILED,
    EntryKind.VOIDED: EventType.PAYMENT_FAILED,
    EntryKind.MISMATCHED: EventType.PAYMENT_FAILED,
}


class Payments:
    """What customers pay; webhook, hand-over and polling all end in `record`."""

    def __init__(self, desk: Desk) -> None:
        """Work at this desk."""
        self._desk = desk
        self._state = desk.state
        self.reviving = False
        self._late_looks = 0

    async def await_payment(self) -> None:
        """Wait until the order is paid, called off, or expired.

        At the end of the window Razorpay is asked; an attempt that is still open extends it, but
        not for ever.
        """
        state, graces = self._state, 0
        while not await self._desk.wait(self._decided, "the payment", state.payment_deadline):
            payments = await self._look_up("ask Razorpay at the end of the payment window")
            if self._decided():
                return
            open_attempt = any(p.status in ("created", "authorized") for p in payments)
            if open_attempt and graces < policies.MOST_GRACES:
                graces += 1
                state.payment_deadline = workflow.now() + policies.PAYMENT_GRACE
            else:
                self._expire()
                return

    def record(self, payment: GatewayPayment) -> None:
        """Take in what Razorpay says of a payment; what is known already changes nothing."""
        self._state.ledger, entry = take_in(self._state.ledger, self._state.payment_order, payment)
        if entry is None:
            return
        captured = entry.kind is EntryKind.CAPTURED
        self.reviving = self.reviving or (captured and self._may_revive())
        about_to_confirm = self._state.confirmed_at is None and self._state.ledger.secured
        self._desk.outbox.emit(_EVENT_OF[entry.kind], rides=about_to_confirm, payment=entry)
        if entry.kind is EntryKind.MISMATCHED:
            self._raise_mismatch(entry)

    async def confirm(self, handover: ConfirmPayment) -> None:
        """Check the browser's hand-over and record what Razorpay says of its payment."""
        if not self._state.ledger.knows(EntryKind.CAPTURED, handover.razorpay_payment_id):
            asked_at = workflow.now()
            payment = await remote(
                PaymentActivities.confirm_handover,
                handover,
                queue=policies.PAYMENTS_QUEUE,
                summary=f"hand-over of {handover.razorpay_payment_id}",
            )
            self.record(payment.seen(asked_at))

    def acted_upon(self) -> bool:
        """Tell whether the order has drawn its conclusion from the money it has."""
        state = self._state
        ended = state.confirmed_at or state.cancelled_at or state.expired_at
        return ended is not None or not state.ledger.secured

    @property
    def doubtful(self) -> bool:
        """Tell whether Razorpay may hold money that we have not heard of, so it is to be asked.

        An order that was called off is asked about once: the webhook of a late capture may have
        been lost. While an authorization is open it is asked about again: captured, it goes back.
        """
        state = self._state
        if state.payment_order is None:
            return False
        if state.ledger.status is PaymentStatus.AUTHORIZED:
            return self._late_looks < policies.MOST_LATE_LOOKS
        called_off = state.expired_at is not None or state.cancelled_at is not None
        return called_off and self._late_looks == 0

    async def look_late(self) -> None:
        """Ask Razorpay what has become of an order's payments after all."""
        self._late_looks += 1
        await self._look_up("ask Razorpay at the end of the late window")

    def _decided(self) -> bool:
        return self._state.ledger.secured or self._state.cancellation is not None

    def _may_revive(self) -> bool:
        terms = self._state.placement.terms
        return (
            self._state.expired_at is not None
            and terms.revive_late_payments
            and self._state.disposable_paise >= self._state.ledger.total_paise
        )

    def _raise_mismatch(self, entry: PaymentEntry) -> None:
        self._desk.tell_ops(
            "payment",
            f"{entry.reference} was {entry.reason}: it does not count for this order",
            "Refund it in the Razorpay dashboard, then skip with the refund's id as the note.",
        )

    async def _look_up(self, why: str) -> tuple[GatewayPayment, ...]:
        """Ask for every attempt; only an order that has something to pay online comes here."""
        order, asked_at = self._state.payment_order, workflow.now()
        found = await self._desk.insist(
            "payment",
            lambda: remote(
                PaymentActivities.look_up_payments,
                LookUpPaymentsInput(razorpay_order_id=order.razorpay_order_id if order else ""),
                queue=policies.PAYMENTS_QUEUE,
                summary=why,
            ),
        )
        payments = found.payments if found else ()
        for payment in payments:
            self.record(payment.seen(asked_at))
        return payments

    def _expire(self) -> None:
        self._state.expired_at = workflow.now()
        self._desk.outbox.emit(
            EventType.ORDER_EXPIRED,
            cancellation=Cancellation(
                reason="not paid within the payment window", by="system", at=workflow.now()
            ),
        )
