"""Money going back: whatever is not owed, as soon as it is not, at most once."""

from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.payments import LookUpRefundInput, PaymentActivities, RefundPaymentInput
    from domain import ids
    from domain.attention import AttentionAction
    from domain.events import EventType
    from domain.lines import refund_lines
    from domain.payment import (
        EntryKind,
        GatewayRefund,
        PaymentEntry,
        Refund,
        RefundSpeed,
        RefundStatus,
        bank_reference,
    )
    from domain.payouts import Payout
    from domain.refundable import most_refundable
    from workflows import policies
    from workflows.calls import remote
    from workflows.desk import Desk
    from workflows.payment import Payments
    from workflows.payouts import CASH, Payouts, as_paid


REFUND = "refund"
"""The step of a failed refund; to skip it takes the reference of a bank transfer."""


class Refunds:
    """The order's refunds. What is due is asked of the ledger, never remembered."""

    def __init__(self, desk: Desk, payments: Payments) -> None:
        """Give back at this desk; money that may revive the order has to wait."""
        self._desk = desk
        self._state = desk.state
        self._payments = payments
        self._early: dict[str, GatewayRefund] = {}
        self.payouts = Payouts(desk, self._book_payout)
        self._asking: set[int] = set()

    def record(self, news: GatewayRefund) -> None:
        """Take in what Razorpay says of a refund.

        News may come before the answer that tells us the refund's id (the answer was lost, say), so
        what belongs to no known refund is kept until it does.
        """
        known = self._known(news)
        if known:
            self._apply(known.number, news)
        else:
            # Webhooks come in any order: "created" after "processed" takes nothing back.
            if news.status != "pending":
                self._early[news.refund_id] = news
            self._take_in_foreign()

    def _known(self, news: GatewayRefund) -> Refund | None:
        """Return our refund that the news is of; the receipt tells it before its id is known."""
        ours = (
            refund
            for refund in self._state.refunds.values()
            if refund.razorpay_refund_id == news.refund_id
            or (refund.razorpay_refund_id is None and refund.key == news.key)
        )
        return next(ours, None)

    async def keep_settling(self) -> None:
        """Give back whatever is not owed, as soon as it is not, for ever.

        What an earlier run left open is carried on first: the same key sends nothing twice.
        """
        for number in tuple(self._state.refunds):
            self._desk.aside(self._carry_out(number))
        while True:
            await workflow.wait_condition(
                lambda: not self._payments.reviving and self._state.refund_due_paise > 0
            )
            self._refund(self._state.refund_due_paise)

    @property
    def settled(self) -> bool:
        """Tell whether no money is due or on its way, in either direction."""
        open_refunds = any(
            refund.status in (RefundStatus.INITIATED, RefundStatus.FAILED)
            for refund in self._state.refunds.values()
        )
        cash_is_out = bool(self._state.ledger.cash_outstanding)
        return not (self._state.refund_due_paise or open_refunds or cash_is_out)

    def _refund(self, due_paise: int) -> None:
        """Lay a hand on the money now; the refund itself waits for no other."""
        payment_id, refundable = most_refundable(self._state.ledger, self._state.refunds.values())
        if payment_id is None:
            self._pay_out_by_hand(due_paise)
            return
        number = len(self._state.refunds) + 1
        amount_paise = min(due_paise, refundable)
        refund = Refund(
            number=number,
            key=ids.refund_key(self._state.order_id, number),
            payment_id=payment_id,
            amount_paise=amount_paise,
            reason=self._reason(),
            status=RefundStatus.INITIATED,
            requested_at=workflow.now(),
            speed=self._speed(),
            lines=refund_lines(self._state, amount_paise),
        )
        self._state.refunds[number] = refund
        self._desk.outbox.emit(EventType.REFUND_INITIATED, refund=refund)
        self._desk.aside(self._carry_out(number))

    def _speed(self) -> RefundSpeed:
        """Return the speed that the order's terms ask for, unless it has failed once.

        Instant refunds fail where the customer's bank takes none; a normal one may still arrive.
        """
        if any(refund.status is RefundStatus.CLOSED for refund in self._state.refunds.values()):
            return RefundSpeed.NORMAL
        return self._state.placement.terms.refund_speed

    async def _carry_out(self, number: int) -> None:
        """Send a refund that is still to be done, wait for its end, and ask ops if it failed."""
        refund = self._state.refunds[number]
        if refund.payment_id == CASH:
            await self.payouts.see_to(number)
            return
        if refund.status is RefundStatus.INITIATED:
            try:
                news = await self._send(refund)
            except ApplicationError as refusal:
                self._refuse(number, refusal.message)
            else:
                self._apply(number, self._early.pop(news.refund_id, news))
                await self._await_end(number)
        self._take_in_foreign()
        await self._raise_if_failed(number)

    async def _send(self, refund: Refund) -> GatewayRefund:
        return await remote(
            PaymentActivities.refund_payment,
            RefundPaymentInput(
                order_id=self._state.order_id,
                payment_id=refund.payment_id,
                amount_paise=refund.amount_paise,
                key=refund.key,
                speed=refund.speed,
            ),
            queue=policies.PAYMENTS_QUEUE,
            summary=f"refund {refund.number}",
        )

    def _take_in_foreign(self) -> None:
        """Book refunds of our payments that somebody made elsewhere, in Razorpay's dashboard say.

        While a refund of ours has no id yet, news of an unknown one may be of that.
        """
        if any(
            refund.status is RefundStatus.INITIATED
            and refund.razorpay_refund_id is None
            and refund.payment_id != CASH
            for refund in self._state.refunds.values()
        ):
            return
        for news in tuple(self._early.values()):
            if news.status == "processed" and self._state.ledger.knows(
                EntryKind.CAPTURED, news.payment_id
            ):
                del self._early[news.refund_id]
                self._book_foreign(news)

    def _book_foreign(self, news: GatewayRefund) -> None:
        number = len(self._state.refunds) + 1
        self._book(
            Refund(
                number=number,
                key=ids.refund_key(self._state.order_id, number),
                payment_id=news.payment_id,
                amount_paise=news.amount_paise,
                reason="refunded outside this system",
                status=RefundStatus.PROCESSED,
                requested_at=news.at,
                razorpay_refund_id=news.refund_id,
                processed_at=news.at,
                speed_processed=news.speed,
                reference=news.reference,
                lines=refund_lines(self._state, news.amount_paise),
            ),
            news.refund_id,
        )
        if self._state.ledger.kept_paise < self._state.owed_paise:
            self._desk.tell_ops(
                "payment",
                f"{news.refund_id} was refunded outside this system, the order is not paid for",
                "Cancel the order while it is here, or collect the money; then skip with a note.",
            )

    async def _await_end(self, number: int) -> None:
        """Wait for a pending refund's webhook, and ask when it does not come."""
        refunds = self._state.refunds

        def ended() -> bool:
            return refunds[number].status is not RefundStatus.INITIATED

        while not await self._desk.wait(
            ended, f"refund {number}", workflow.now() + policies.REFUND_SILENCE
        ):
            news = await self._desk.insist("refund_look_up", lambda: self._ask_for(refunds[number]))
            if news:
                self._apply(number, news)

    async def _ask_for(self, refund: Refund) -> GatewayRefund:
        return await remote(
            PaymentActivities.look_up_refund,
            LookUpRefundInput(
                payment_id=refund.payment_id, razorpay_refund_id=refund.razorpay_refund_id or ""
            ),
            queue=policies.PAYMENTS_QUEUE,
            summary=f"ask for refund {refund.number}",
        )

    def _refuse(self, number: int, failure: str) -> None:
        """Take Razorpay's refusal, unless a webhook has told the refund's end meanwhile."""
        refund = self._state.refunds[number]
        if refund.status is RefundStatus.INITIATED:
            self._fail(refund, failure)

    def _apply(self, number: int, news: GatewayRefund) -> None:
        refund = self._state.refunds[number]
        refund = replace(
            refund,
            razorpay_refund_id=news.refund_id,
            speed_processed=news.speed or refund.speed_processed,
            reference=news.reference or refund.reference,
        )
        self._state.refunds[refund.number] = refund
        if refund.status is RefundStatus.PROCESSED and news.status == "failed":
            self._reverse(refund, news)
        if refund.status is not RefundStatus.INITIATED:
            return
        if news.status == "failed":
            self._fail(refund, "Razorpay reports that the refund failed")
        elif news.status == "processed":
            done = replace(refund, status=RefundStatus.PROCESSED, processed_at=news.at)
            self._book(done, news.refund_id)

    def _reverse(self, refund: Refund, news: GatewayRefund) -> None:
        """Take back a refund that the bank has returned: Razorpay may say processed too early."""
        reversed_entry = PaymentEntry(
            kind=EntryKind.REFUND_REVERSED,
            amount_paise=refund.amount_paise,
            reference=news.refund_id,
            at=workflow.now(),
        )
        self._state.ledger = self._state.ledger.record(reversed_entry)
        self._fail(refund, "the bank returned the refund")
        self._desk.aside(self._carry_out(refund.number))

    def _book(self, refund: Refund, reference: str, reason: str | None = None) -> None:
        self._state.refunds[refund.number] = refund
        self._state.ledger = self._state.ledger.record(
            PaymentEntry(
                kind=EntryKind.REFUNDED,
                amount_paise=refund.amount_paise,
                reference=reference,
                at=workflow.now(),
                reason=reason,
            )
        )
        self._desk.outbox.emit(EventType.REFUND_PROCESSED, refund=refund)

    def _fail(self, refund: Refund, failure: str) -> None:
        failed = replace(refund, status=RefundStatus.FAILED, failure=failure)
        self._state.refunds[refund.number] = failed
        self._desk.outbox.emit(EventType.REFUND_FAILED, refund=failed)

    async def _raise_if_failed(self, number: int) -> None:
        refund = self._state.refunds[number]
        if refund.status is not RefundStatus.FAILED or number in self._asking:
            return
        self._asking.add(number)
        answer = await self._desk.ask_ops(
            REFUND,
            f"refund {number} failed: {refund.failure}",
            "Retry it, or pay it by bank transfer and skip with its reference (UTR) as the note.",
            (AttentionAction.RETRY, AttentionAction.SKIP),
            void=self._too_much_on_its_way,
        )
        self._asking.discard(number)
        # A retry is a new refund with a new key: Razorpay answers a used key with the old failure.
        if answer.action is not AttentionAction.SKIP:
            self._state.refunds[number] = replace(refund, status=RefundStatus.CLOSED)
            return
        reference = bank_reference(answer.note or "")
        paid = replace(
            refund,
            status=RefundStatus.MANUAL,
            processed_at=workflow.now(),
            reference=reference,
        )
        self._book(paid, f"manual:{number}", reason=f"bank transfer {reference}")

    def _too_much_on_its_way(self) -> bool:
        """Tell whether more is going back than is due: somebody has refunded elsewhere meanwhile.

        What failed is then given up, and what is still due is refunded anew.
        """
        return self._state.disposable_paise < self._state.owed_paise

    def _pay_out_by_hand(self, due_paise: int) -> None:
        number = len(self._state.refunds) + 1
        refund = Refund(
            number=number,
            key=ids.refund_key(self._state.order_id, number),
            payment_id=CASH,
            amount_paise=due_paise,
            reason=self._reason(),
            status=RefundStatus.INITIATED,
            requested_at=workflow.now(),
        )
        self._state.refunds[number] = refund
        self._desk.outbox.emit(EventType.REFUND_INITIATED, refund=refund)
        self._desk.aside(self._carry_out(number))

    def _book_payout(self, number: int, payout: Payout) -> None:
        self._book(as_paid(self._state.refunds[number], payout), f"payout:{payout.utr}")

    def _reason(self) -> str:
        state = self._state
        if state.cancellation:
            return state.cancellation.reason
        lines = state.line_cancellations
        # Money is due in the very step in which lines are cancelled: no time has passed.
        if lines and lines[-1].at == workflow.now():
            return lines[-1].reason
        return "paid after the order had expired" if state.expired_at else "not owed any more"
