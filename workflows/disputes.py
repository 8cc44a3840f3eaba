"""Disputes: a bank asks for a payment back; ops answer in time, the ledger follows."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.disputes import LOST, take_in_dispute
    from domain.events import EventType
    from domain.messages import DisputeNews
    from domain.money import format_inr
    from domain.payment import EntryKind, GatewayDispute
    from workflows.desk import Desk
    from workflows.payment import Payments

_STEP = "dispute"
_OPEN = "open"


class Disputes:
    """The disputes about an order's payments."""

    def __init__(self, desk: Desk, payments: Payments) -> None:
        """Take disputes in at this desk."""
        self._desk = desk
        self._state = desk.state
        self._payments = payments

    def record(self, news: DisputeNews) -> None:
        """Take in what Razorpay says of a dispute; repeats and older news change nothing.

        A payment whose capture was never heard of becomes known with its dispute.
        """
        self._payments.record(news.payment)
        told, before = news.dispute, self._state.ledger
        if not before.knows(EntryKind.CAPTURED, told.payment_id):
            return
        self._state.ledger = take_in_dispute(before, told)
        if self._state.ledger == before:
            return
        if before.dispute(told.dispute_id) is None:
            self._desk.outbox.emit(EventType.DISPUTE_OPENED, dispute=told)
        if told.final:
            self._close(told)
        elif told.status == _OPEN:
            self._raise(told)

    def _raise(self, dispute: GatewayDispute) -> None:
        until = f", answer by {dispute.respond_by:%d %b %Y %H:%M} UTC" if dispute.respond_by else ""
        self._desk.tell_ops(
            _STEP,
            f"dispute {dispute.dispute_id} ({dispute.phase}, {dispute.reason_code or 'no reason'}) "
            f"claims {format_inr(dispute.amount_paise)} of {dispute.payment_id}{until}",
            "Contest it with evidence in the Razorpay dashboard, or accept it there; then skip "
            "with a note. Its money is not refunded meanwhile.",
            dispute.respond_by,
        )

    def _close(self, dispute: GatewayDispute) -> None:
        self._desk.outbox.emit(EventType.DISPUTE_CLOSED, dispute=dispute)
        outcome = f"Razorpay reports the dispute as {dispute.status}"
        self._desk.settle(_STEP, dispute.dispute_id, outcome)
        if dispute.status == LOST:
            self._raise_loss(dispute)

    def _raise_loss(self, dispute: GatewayDispute) -> None:
        """Ask a person about money that is gone though the order needs it, or went twice."""
        kept_paise = self._state.ledger.kept_paise
        if kept_paise < 0:
            self._desk.tell_ops(
                "payment",
                f"dispute {dispute.dispute_id} is lost after a refund: the money went back twice",
                "Ask Razorpay to reverse it with the refund as evidence; then skip with a note.",
            )
        elif kept_paise < self._state.owed_paise:
            self._desk.tell_ops(
                "payment",
                f"dispute {dispute.dispute_id} is lost, the order is not paid for any more",
                "Cancel the order while it is here, or collect the money; then skip with a note.",
            )
