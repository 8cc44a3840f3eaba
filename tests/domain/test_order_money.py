"""The money side of a view."""

from dataclasses import replace
from datetime import datetime

import pytest

from domain.attention import Attention, AttentionAction
from domain.order_money import money_of
from domain.payment import EntryKind, RefundStatus
from domain.status import OrderStatus
from tests.domain.ledgers import NOON, cash_order, credit_note, entry, invoice, order, refund_of
from tests.fakes.samples import sample_events, sample_view


def test_a_view_gives_its_money() -> None:
    view = sample_view(sample_events(2))
    money = money_of(view)
    assert (money.order_id, money.placed_at) == (view.order_id, view.placed_at)
    assert (money.status, money.method) == (view.status, view.payment_method)
    assert (money.entries, money.refunds, money.documents) == ((), (), ())


def test_kept_is_what_came_and_did_not_go_back() -> None:
    statuses = (
        RefundStatus.PROCESSED,
        RefundStatus.MANUAL,
        RefundStatus.INITIATED,
        RefundStatus.FAILED,
        RefundStatus.CLOSED,
    )
    refunds = tuple(refund_of("pay_1", 10_00, number=n, status=s) for n, s in enumerate(statuses))
    paid = order(
        entry(EntryKind.AUTHORIZED, 100_00, "pay_1"),
        entry(EntryKind.CAPTURED, 100_00, "pay_1"),
        entry(EntryKind.DISPUTE_LOST, 5_00, "disp_1"),
        refunds=refunds,
    )
    assert (paid.kept_paise, paid.lost_paise) == (80_00, 5_00)
    assert paid.refunds_under_way
    assert cash_order(entry(EntryKind.COD_COLLECTED, 7_00, "AWB1")).kept_paise == 7_00


def test_invoiced_is_invoices_less_credit_notes() -> None:
    assert order(documents=(invoice(100_00), credit_note(40_00))).invoiced_paise == 60_00


def test_only_orders_whose_goods_and_papers_rest_have_ended() -> None:
    ended = {status for status in OrderStatus if order(status=status).ended}
    assert ended == {
        OrderStatus.COMPLETED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.RETURNED_TO_ORIGIN,
    }


@pytest.mark.parametrize(
    ("asked", "resolved", "status"),
    [
        ("refund", None, RefundStatus.FAILED),
        ("refund", NOON, RefundStatus.CLOSED),
        ("parcel", None, RefundStatus.CLOSED),
    ],
)
def test_a_refund_that_failed_counts_while_a_person_is_asked_about_it(
    asked: str, resolved: datetime | None, status: RefundStatus
) -> None:
    attention = Attention(
        attention_id="a1",
        step=asked,
        reason="refund 1 failed",
        suggestion="Retry it.",
        actions=(AttentionAction.RETRY,),
        raised_at=NOON,
        resolved_at=resolved,
    )
    failed = refund_of("pay_1", 10_00, status=RefundStatus.FAILED)
    view = replace(sample_view(sample_events(1)), refunds=(failed,), attention=(attention,))
    assert [each.status for each in money_of(view).refunds] == [status]
