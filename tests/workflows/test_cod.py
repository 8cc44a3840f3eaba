"""Cash: due, collected, remitted in full, in parts, late or not at all; and its way back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain import ids
from domain.attention import Attention, AttentionAction
from domain.cart import PaymentMethod
from domain.errors import CommandRefused, OrderNotFound
from domain.events import EventType
from domain.messages import (
    CheckoutAnswer,
    DecidePayout,
    OrderInput,
    ProposePayout,
    RecordPayout,
    ResolveAttention,
)
from domain.money import format_inr
from domain.order import OrderState
from domain.payment import EntryKind, PaymentEntry, PaymentStatus, RefundStatus
from domain.payouts import Beneficiary, Payout, PayoutDecision, PayoutStatus
from domain.ports import Remittance
from domain.snapshot import Cancellation
from domain.status import OrderStatus
from domain.view import OrderView, fold
from domain.wire import dump_event
from tests.workflows.house import HAPPY, TERMS, Handle, House, eventually
from workflows import policies
from workflows.order import OrderWorkflow

ACCOUNT = Beneficiary(name="Asha Rao", account_number="50100012345678", ifsc="HDFC0001234")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let days pass in moments; the time-skipping server may not answer updates."""
    monkeypatch.setattr(policies, "REMITTANCE_POLL", timedelta(seconds=0.2))


class Delivered:
    """An order whose parcel was paid for at the door."""

    def __init__(self, house: House, answer: CheckoutAnswer, handle: Handle) -> None:
        self.house = house
        self.order_id = answer.order_id
        self.total = answer.total_paise
        self.handle = handle
        booking = house.courier.booked[ids.seller_reference(self.order_id, 1)]
        self.awb, self._courier_order = booking.awb, booking.courier_order_id

    def remit(self, paise: int, utr: str) -> None:
        self.house.courier.remittances[self._courier_order] = Remittance(
            amount_paise=paise, utr=utr, at=datetime.now(UTC)
        )

    async def question(self, number: int) -> Attention:
        """Wait for a question, and return it as it now is."""
        found: list[Attention] = []

        async def asked() -> bool:
            found[:] = [
                each for each in await self.questions() if each.attention_id == f"a{number}"
            ]
            return bool(found)

        await eventually(asked, f"question a{number}")
        return found[0]

    async def questions(self) -> list[Attention]:
        asked: dict[str, Attention] = {}
        for event in await self.house.events(self.order_id):
            if event.data.attention:
                asked[event.data.attention.attention_id] = event.data.attention
        return list(asked.values())

    async def answer(self, number: int, action: AttentionAction) -> None:
        command = ResolveAttention(
            attention_id=f"a{number}", action=action, note="agreed with the courier"
        )
        await self.house.orders.resolve_attention(self.order_id, command, f"k{number}")

    async def cash(self) -> list[tuple[str, int, str]]:
        """Return what is told of cash: kind, paise, reference."""
        entries = [event.data.payment for event in await self.house.events(self.order_id)]
        return [(e.kind.value, e.amount_paise, e.reference) for e in entries if e]

    async def ends(self) -> PaymentStatus:
        assert await self.handle.result() is OrderStatus.COMPLETED
        return (await self.house.events(self.order_id))[-1].data.payment_status

    async def view(self) -> OrderView:
        view: OrderView | None = None
        for event in await self.house.events(self.order_id):
            view = fold(view, event)
        assert view is not None
        return view


async def _delivered(house: House) -> Delivered:
    terms = replace(TERMS, return_window_s=1)
    placement = await house.placement(method=PaymentMethod.COD, terms=terms)
    answer, handle = await house.check_out(placement)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    order = Delivered(house, answer, handle)
    await house.move(answer.order_id, *HAPPY)
    await house.until_status(answer.order_id, OrderStatus.DELIVERED)
    return order


async def test_cash_in_parts_is_asked_about_and_settles_itself(house: House) -> None:
    order = await _delivered(house)
    order.remit(60_000, "UTR0000000001")
    question = await order.question(1)
    assert (question.step, question.actions) == (
        "remittance",
        (AttentionAction.RETRY, AttentionAction.SKIP),
    )
    assert f"remitted ₹600 of ₹{order.total // 100:,}" in question.reason
    order.remit(order.total - 60_000, "UTR0000000002")

    assert await order.ends() is PaymentStatus.COD_REMITTED

    assert await order.cash() == [
        ("cod_collected", order.total, order.awb),
        ("cod_remitted", 60_000, f"{order.awb}:UTR0000000001"),
        ("cod_remitted", order.total - 60_000, f"{order.awb}:UTR0000000002"),
    ]
    settled = await order.question(1)
    assert (settled.action, settled.note) == (None, "the courier has paid the rest")


async def test_what_ops_write_off_is_waited_for_no_longer(house: House) -> None:
    order = await _delivered(house)
    order.remit(order.total - 4_000, "UTR0000000001")
    await order.question(1)
    await order.answer(1, AttentionAction.SKIP)
    assert await order.ends() is PaymentStatus.COD_REMITTED
    assert (await order.cash())[-1] == ("cod_written_off", 4_000, order.awb)


async def test_a_courier_is_given_time_for_the_rest_and_then_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "REMITTANCE_PATIENCE", timedelta(seconds=0.5))
    order = await _delivered(house)
    order.remit(order.total - 4_000, "UTR0000000001")
    await order.question(1)
    await order.answer(1, AttentionAction.RETRY)
    again = await order.question(2)
    assert again.resolved_at is None
    order.remit(4_000, "UTR0000000002")
    assert await order.ends() is PaymentStatus.COD_REMITTED


async def test_cash_that_does_not_come_at_all_is_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "REMITTANCE_OVERDUE", timedelta(seconds=1))
    order = await _delivered(house)
    assert "remitted ₹0 of" in (await order.question(1)).reason
    order.remit(order.total, "UTR0000000001")
    assert await order.ends() is PaymentStatus.COD_REMITTED
    assert len(await order.questions()) == 1


async def test_cash_too_much_is_told_and_not_waited_for(house: House) -> None:
    order = await _delivered(house)
    order.remit(order.total + 700, "UTR0000000001")
    question = await order.question(1)
    assert (question.step, question.actions) == ("cash", (AttentionAction.SKIP,))
    assert "remitted ₹7 too much" in question.reason
    await order.answer(1, AttentionAction.SKIP)
    assert await order.ends() is PaymentStatus.COD_REMITTED


async def test_a_utr_whose_sum_changes_is_told_and_booked_once(house: House) -> None:
    order = await _delivered(house)
    order.remit(60_000, "UTR0000000001")
    await order.question(1)
    order.remit(70_000, "UTR0000000001")
    changed = await order.question(2)
    assert "changed UTR UTR0000000001 from ₹600" in changed.reason
    await order.answer(1, AttentionAction.SKIP)
    await order.answer(2, AttentionAction.SKIP)
    assert await order.ends() is PaymentStatus.COD_REMITTED
    assert [entry[1] for entry in (await order.cash())[1:]] == [60_000, order.total - 60_000]


def _propose(paise: int, refund: int | None = None, by: str = "asha") -> ProposePayout:
    return ProposePayout(
        refund=refund, amount_paise=paise, beneficiary=ACCOUNT, reason="arrived torn", by=by
    )


def _decide(decision: PayoutDecision, by: str, payout: int = 1) -> DecidePayout:
    return DecidePayout(payout=payout, decision=decision, by=by, note="looked at")


async def test_cash_goes_back_by_a_payout_that_two_people_agree_on(house: House) -> None:
    order = await _delivered(house)
    desk, order_id = house.orders, order.order_id

    proposal = _propose(30_000)
    for _ in range(2):
        await desk.propose_payout(order_id, proposal, "k1")
    waits = await order.question(1)
    assert (waits.step, waits.actions) == ("payout", ())
    assert "waits for approval of payout 1 to HDFC ••5678, proposed by asha" in waits.reason
    with pytest.raises(CommandRefused, match="second person has to approve"):
        await desk.decide_payout(order_id, _decide(PayoutDecision.APPROVE, "asha"), "k2")
    with pytest.raises(CommandRefused, match="only an approved one can be paid"):
        await desk.record_payout(
            order_id, RecordPayout(payout=1, utr="HDFCN5202611231", by="ravi"), "k3"
        )
    with pytest.raises(CommandRefused, match="Somebody other than the proposer"):
        await order.answer(1, AttentionAction.SKIP)
    [details] = await desk.payouts(order_id)
    assert details.beneficiary == ACCOUNT

    await desk.decide_payout(order_id, _decide(PayoutDecision.APPROVE, "ravi"), "k4")
    assert "approved by ravi" in (await order.question(2)).reason
    for _ in range(2):
        await desk.record_payout(
            order_id, RecordPayout(payout=1, utr="HDFCN5202611231", by="asha"), "k5"
        )

    order.remit(order.total, "UTR0000000001")
    assert await order.ends() is PaymentStatus.PARTIALLY_REFUNDED
    [refund] = (await order.view()).refunds
    assert (refund.status, refund.amount_paise) == (RefundStatus.MANUAL, 30_000)
    assert refund.reference == "HDFCN5202611231"
    [paid] = await desk.payouts(order_id)
    assert (paid.payout.status, paid.beneficiary) == (PayoutStatus.PAID, None)
    assert (paid.payout.proposed_by, paid.payout.decided_by, paid.payout.paid_by) == (
        "asha",
        "ravi",
        "asha",
    )
    assert house.gateway.called("refund") == []
    assert all(each.resolved_at for each in await order.questions())


async def test_past_temporals_retention_the_archive_says_what_was_paid(house: House) -> None:
    state = await _called_off_after_cash(house)
    state.payouts[1] = Payout(
        number=1,
        refund=1,
        amount_paise=100,
        beneficiary=ACCOUNT.masked,
        reason="torn",
        proposed_by="asha",
        proposed_at=state.placement.placed_at,
        status=PayoutStatus.PAID,
    )
    with pytest.raises(OrderNotFound):
        await house.orders.payouts(state.order_id)
    await house.stores.store(state)
    [found] = await house.orders.payouts(state.order_id)
    assert (found.payout, found.beneficiary) == (state.payouts[1], None)


async def test_the_full_account_stands_in_no_event(house: House) -> None:
    order = await _delivered(house)
    await house.orders.propose_payout(order.order_id, _propose(30_000), "k1")
    await house.orders.decide_payout(order.order_id, _decide(PayoutDecision.APPROVE, "ravi"), "k2")
    await house.orders.record_payout(
        order.order_id, RecordPayout(payout=1, utr="HDFCN5202611231", by="asha"), "k3"
    )
    told = "".join(dump_event(event) for event in await house.events(order.order_id))
    assert "••5678" in told
    assert "50100012345678" not in told


@pytest.mark.parametrize(
    ("decision", "by"), [(PayoutDecision.REFUSE, "ravi"), (PayoutDecision.WITHDRAW, "asha")]
)
async def test_a_granted_refund_ends_with_its_payout(
    house: House, decision: PayoutDecision, by: str
) -> None:
    order = await _delivered(house)
    await house.orders.propose_payout(order.order_id, _propose(30_000), "k1")
    await house.orders.decide_payout(order.order_id, _decide(decision, by), "k2")
    order.remit(order.total, "UTR0000000001")
    assert await order.ends() is PaymentStatus.COD_REMITTED
    [refund] = (await order.view()).refunds
    assert refund.status is RefundStatus.CLOSED


async def test_no_more_cash_is_granted_than_there_is(house: House) -> None:
    order = await _delivered(house)
    await house.orders.propose_payout(order.order_id, _propose(order.total - 100), "k1")
    with pytest.raises(CommandRefused, match=r"₹1\.01 is more than the ₹1 of cash"):
        await house.orders.propose_payout(order.order_id, _propose(101), "k2")
    with pytest.raises(CommandRefused, match="refund 7 does not wait for a payout"):
        await house.orders.propose_payout(order.order_id, _propose(100, refund=7), "k3")
    again = _propose(order.total - 100, refund=1)
    with pytest.raises(CommandRefused, match="payout 1 is proposed already"):
        await house.orders.propose_payout(order.order_id, again, "k4")


async def test_a_prepaid_order_has_no_cash_to_grant(house: House) -> None:
    answer, _ = await house.check_out(await house.placement())
    await house.pay(answer)
    await house.until_status(answer.order_id, OrderStatus.PACKED)
    with pytest.raises(CommandRefused, match="is more than the ₹0 of cash"):
        await house.orders.propose_payout(answer.order_id, _propose(100), "k1")
    await house.pay(answer)
    await house.until_event(answer.order_id, EventType.REFUND_PROCESSED)
    with pytest.raises(CommandRefused, match="refund 1 does not wait for a payout"):
        await house.orders.propose_payout(answer.order_id, _propose(100, refund=1), "k2")


async def _resume(house: House, state: OrderState) -> Handle:
    return await house.client.start_workflow(
        OrderWorkflow.run,
        OrderInput(resumed=state),
        id=ids.workflow_id(state.order_id),
        task_queue=policies.ORDERS_QUEUE,
    )


async def _called_off_after_cash(house: House) -> OrderState:
    """Return a cash order, as continue-as-new would carry it, that was paid and then called off."""
    placement = await house.placement(method=PaymentMethod.COD)
    state, at = OrderState.of(placement), placement.placed_at
    for kind, reference in ((EntryKind.COD_COLLECTED, "AWB1"), (EntryKind.COD_REMITTED, "AWB1:U")):
        entry = PaymentEntry(
            kind=kind, amount_paise=state.ledger.total_paise, reference=reference, at=at
        )
        state.ledger = state.ledger.record(entry)
    state.cancelled_at = at
    state.cancellation = Cancellation(reason="arrived torn", by="ops", at=at)
    state.emit(EventType.ORDER_CANCELLED, at, cancellation=state.cancellation)
    return state


async def test_cash_that_is_owed_back_waits_for_a_payout_in_full(house: House) -> None:
    state = await _called_off_after_cash(house)
    order_id, total = state.order_id, state.ledger.total_paise
    handle = await _resume(house, state)
    await house.until_event(order_id, EventType.REFUND_INITIATED)
    await house.until_event(order_id, EventType.ORDER_ATTENTION_RAISED)
    asked = [e.data.attention for e in await house.events(order_id) if e.data.attention]
    assert f"{format_inr(total)} of cash is owed back" in asked[0].reason
    with pytest.raises(CommandRefused, match=f"refund 1 is {format_inr(total)}"):
        await house.orders.propose_payout(order_id, _propose(total - 1, refund=1), "k1")

    for number, decision in enumerate((PayoutDecision.REFUSE, PayoutDecision.APPROVE), 1):
        await house.orders.propose_payout(order_id, _propose(total, refund=1), f"p{number}")
        decided = _decide(decision, "ravi", payout=number)
        await house.orders.decide_payout(order_id, decided, f"d{number}")
    paid = RecordPayout(payout=2, utr="HDFCN5202611231", by="ravi")
    await house.orders.record_payout(order_id, paid, "k2")

    assert await handle.result() is OrderStatus.CANCELLED
    events = await house.events(order_id)
    assert events[-1].data.payment_status is PaymentStatus.REFUNDED
    refunds = [event.data.refund for event in events if event.data.refund]
    assert [refund.status for refund in refunds] == [RefundStatus.INITIATED, RefundStatus.MANUAL]


async def test_a_new_run_asks_its_own_questions_and_keeps_those_that_nobody_would_ask_again(
    house: House,
) -> None:
    state = await _called_off_after_cash(house)
    state.refunds = {}
    both = (AttentionAction.RETRY, AttentionAction.SKIP)
    for number, actions in enumerate((both, (AttentionAction.SKIP,)), 1):
        asked = Attention(
            attention_id=f"a{number}",
            step="payment",
            reason=f"question {number}",
            suggestion="look",
            actions=actions,
            raised_at=state.placement.placed_at,
        )
        state.attention[asked.attention_id] = asked
        state.emit(EventType.ORDER_ATTENTION_RAISED, asked.raised_at, attention=asked)
    handle = await _resume(house, state)
    await house.until_event(state.order_id, EventType.ORDER_ATTENTION_RESOLVED)
    skip = ResolveAttention(attention_id="a2", action=AttentionAction.SKIP, note="seen")
    await house.orders.resolve_attention(state.order_id, skip, "k1")
    await house.orders.propose_payout(
        state.order_id, _propose(state.ledger.total_paise, refund=1), "k2"
    )
    await house.orders.decide_payout(state.order_id, _decide(PayoutDecision.APPROVE, "ravi"), "k3")
    paid = RecordPayout(payout=1, utr="HDFCN5202611231", by="ravi")
    await house.orders.record_payout(state.order_id, paid, "k4")
    assert await handle.result() is OrderStatus.CANCELLED
    notes = {
        event.data.attention.attention_id: event.data.attention.note
        for event in await house.events(state.order_id)
        if event.data.attention
    }
    assert (notes["a1"], notes["a2"]) == ("the order was taken up again", "seen")
