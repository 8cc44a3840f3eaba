"""Cash going back: a payout is proposed, approved by a second person, paid, and booked."""

from collections.abc import Callable
from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import ids
    from domain import payouts as rules
    from domain.cart import PaymentMethod
    from domain.events import EventType
    from domain.messages import DecidePayout, PayoutDetails, ProposePayout, RecordPayout
    from domain.money import format_inr
    from domain.payment import Refund, RefundStatus
    from domain.payouts import Payout, PayoutStatus
    from workflows.desk import Desk

CASH = "cash"
"""Stands for the payment of a refund that Razorpay cannot make."""

_STEP = "payout"


class Payouts:
    """An order's payouts. The full beneficiary is kept only while a payout is open."""

    def __init__(self, desk: Desk, book: Callable[[int, Payout], None]) -> None:
        """Work at this desk; `book` enters a refund as paid by a payout."""
        self._desk = desk
        self._state = desk.state
        self._book = book

    async def see_to(self, number: int) -> None:
        """Keep asking people for a cash refund's next step until it is paid."""
        while (refund := self._state.refunds[number]).status is RefundStatus.INITIATED:
            reason, suggestion = self._next_step(refund)
            await self._desk.ask_ops(_STEP, reason, suggestion, ())

    def check_proposal(self, command: ProposePayout) -> None:
        """Refuse a payout that must not be proposed.

        Raises:
            ImpossibleStep: there is no such cash refund, another sum is due, or one is under way;
                or more is to be granted than there is.
        """
        if command.refund is None:
            rules.require_grantable(command.amount_paise, self._free_paise())
            return
        rules.require_proposable(
            self._state.payouts.values(),
            command.refund,
            command.amount_paise,
            self._owed(command.refund),
        )

    def propose(self, command: ProposePayout) -> str:
        """Propose a payout, of a new refund if it names none; return what happened."""
        number = len(self._state.payouts) + 1
        refund = command.refund or self._grant(command)
        self._state.beneficiaries[number] = command.beneficiary
        self._put(
            Payout(
                number=number,
                refund=refund,
                granted=command.refund is None,
                amount_paise=command.amount_paise,
                beneficiary=command.beneficiary.masked,
                reason=command.reason,
                proposed_by=command.by,
                proposed_at=workflow.now(),
            )
        )
        return f"payout {number} is proposed; a second person has to approve it"

    def decided(self, command: DecidePayout) -> Payout:
        """Return the payout as it would be after the decision.

        Raises:
            ImpossibleStep: it is not open, or proposer and decider are one.
        """
        payout = self._state.payouts.get(command.payout)
        return rules.decide(payout, command.decision, command.by, workflow.now(), command.note)

    def decide(self, command: DecidePayout) -> str:
        """Approve, refuse or withdraw a payout; return what happened."""
        payout = self.decided(command)
        self._put(payout)
        if payout.granted and payout.status not in rules.OPEN:
            self._take_back(payout)
        return f"payout {payout.number} is {payout.status}"

    def paid(self, command: RecordPayout) -> Payout:
        """Return the payout as it would be once paid.

        Raises:
            ImpossibleStep: it is not approved, or its UTR is known already.
        """
        payouts = self._state.payouts
        return rules.record_paid(
            payouts.get(command.payout),
            payouts.values(),
            command.utr,
            command.by,
            workflow.now(),
        )

    def record(self, command: RecordPayout) -> str:
        """Book a payout that has gone; return what happened."""
        payout = self.paid(command)
        self._book(payout.refund, payout)
        self._put(payout)
        return f"payout {payout.number} is paid, refund {payout.refund} is done"

    def details(self) -> list[PayoutDetails]:
        """Return every payout, the open ones with their beneficiary."""
        return [
            PayoutDetails(payout=payout, beneficiary=self._state.beneficiaries.get(number))
            for number, payout in self._state.payouts.items()
        ]

    def _grant(self, command: ProposePayout) -> int:
        """Make the refund that ops decide upon; return its number."""
        number = len(self._state.refunds) + 1
        refund = Refund(
            number=number,
            key=ids.refund_key(self._state.order_id, number),
            payment_id=CASH,
            amount_paise=command.amount_paise,
            reason=command.reason,
            status=RefundStatus.INITIATED,
            requested_at=workflow.now(),
        )
        self._state.refunds[number] = refund
        self._desk.outbox.emit(EventType.REFUND_INITIATED, refund=refund)
        self._desk.aside(self.see_to(number))
        return number

    def _take_back(self, payout: Payout) -> None:
        refund = self._state.refunds[payout.refund]
        failure = f"payout {payout.number} is {payout.status}"
        closed = replace(refund, status=RefundStatus.CLOSED, failure=failure)
        self._state.refunds[refund.number] = closed
        self._desk.outbox.emit(EventType.REFUND_FAILED, refund=closed)

    def _free_paise(self) -> int:
        is_cash = self._state.placement.payment_method is PaymentMethod.COD
        return self._state.disposable_paise if is_cash else 0

    def _put(self, payout: Payout) -> None:
        self._state.payouts[payout.number] = payout
        if payout.status not in rules.OPEN:
            del self._state.beneficiaries[payout.number]
        note = f"payout {payout.number} is {payout.status}"
        self._desk.settle(_STEP, f"refund {payout.refund}:", note)

    def _owed(self, number: int) -> int | None:
        refund = self._state.refunds.get(number)
        if refund is None or refund.payment_id != CASH:
            return None
        return refund.amount_paise if refund.status is RefundStatus.INITIATED else None

    def _next_step(self, refund: Refund) -> tuple[str, str]:
        payout = rules.open_payout(self._state.payouts.values(), refund.number)
        due = f"refund {refund.number}: {format_inr(refund.amount_paise)}"
        if payout is None:
            return (
                f"{due} of cash is owed back",
                "Ask the customer for a UPI id or bank account and propose a payout.",
            )
        way = f"payout {payout.number} to {payout.beneficiary}"
        if payout.status is PayoutStatus.PROPOSED:
            return (
                f"{due} waits for approval of {way}, proposed by {payout.proposed_by}",
                "Somebody other than the proposer approves or refuses the payout.",
            )
        return (
            f"{due} is to be paid by {way}, approved by {payout.decided_by}",
            "Transfer the money, then record the payout as paid with the bank's UTR.",
        )


def as_paid(refund: Refund, payout: Payout) -> Refund:
    """Return a cash refund as paid by a payout."""
    return replace(
        refund, status=RefundStatus.MANUAL, processed_at=payout.paid_at, reference=payout.utr
    )
