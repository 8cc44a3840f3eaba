"""A day's settled rows against the orders' ledgers: nothing where all fits, one kind per fault."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order_money import OrderMoney
from domain.payment import EntryKind, RefundStatus
from domain.reconciliation import (
    ACTION,
    MEANING,
    Difference,
    DifferenceKind,
    ReconciliationReport,
    ReconciliationTerms,
)
from domain.settlement import Settlement, SettlementRow, SettlementRowKind
from domain.settlement_matching import REPEATED_DAYS, DayBooks, first_day, reconcile
from domain.status import OrderStatus
from tests.domain.ledgers import (
    DAY,
    NOON,
    cash_order,
    credit_note,
    days_ago,
    entry,
    invoice,
    order,
    payment_row,
    refund_of,
    refund_row,
    row,
    settled,
)

K = DifferenceKind
CAPTURED, LOST = EntryKind.CAPTURED, EntryKind.DISPUTE_LOST
TERMS = ReconciliationTerms(settlement_days=5, remittance_days=10, refund_days=7)


def payouts(rows: Sequence[SettlementRow]) -> list[Settlement]:
    """The payouts of today that these rows explain."""
    nets: dict[str, int] = {}
    for each in rows:
        if each.settled_at == NOON:
            nets[each.settlement_id] = nets.get(each.settlement_id, 0) + each.net_paise
    return [
        Settlement(
            settlement_id=name, amount_paise=net, fees_paise=0, tax_paise=0, status="p", at=NOON
        )
        for name, net in nets.items()
    ]


def match(rows: Sequence[SettlementRow], *orders: OrderMoney, **more: Any) -> ReconciliationReport:
    values: dict[str, Any] = {"payouts": payouts(rows), "ended": frozenset()}
    return reconcile(DayBooks(day=DAY, terms=TERMS, rows=rows, orders=orders, **values | more))


def only(report: ReconciliationReport) -> Difference:
    assert len(report.differences) == 1, report.differences
    return report.differences[0]


def kinds(report: ReconciliationReport) -> list[DifferenceKind]:
    return [difference.kind for difference in report.differences]


def test_rows_that_the_ledgers_explain_leave_nothing_to_say() -> None:
    paid = order(entry(CAPTURED, 1000_00, "pay_1"), refunds=(refund_of("pay_1", 400_00),))
    rows = [payment_row("pay_1", 1000_00), refund_row("rfnd_pay_1_1", 400_00)]
    report = match(rows, paid)
    assert report.clean
    assert (report.rows, report.matched, report.orders) == (2, 2, 1)
    (payout,) = report.settlements
    assert (payout.captured_paise, payout.refunded_paise) == (1000_00, 400_00)
    assert (payout.fees_paise, payout.tax_paise) == (23_60, 3_60)
    assert payout.net_paise == 1000_00 - 23_60 - 400_00
    assert (payout.utr, payout.rows, payout.adjusted_paise) == ("UTR1", 2, 0)


def test_an_empty_day_is_clean() -> None:
    assert match([]) == ReconciliationReport(day=DAY, rows=0, matched=0, orders=0)


def one_payment(**changes: Any) -> tuple[list[SettlementRow], OrderMoney]:
    return [payment_row("pay_1", 1000_00, **changes)], order(entry(CAPTURED, 1000_00, "pay_1"))


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"fee_paise": 40_00, "credit_paise": 960_00}, K.FEE_UNEXPECTED, "more than 3 %"),
        ({"credit_paise": 970_00}, K.FEE_UNEXPECTED, "the credit is not ₹1,000 less ₹23.60"),
        ({"debit_paise": 1}, K.FEE_UNEXPECTED, "the credit is not ₹1,000 less ₹23.60"),
        ({"tax_paise": 3_63}, K.FEE_UNEXPECTED, "GST of ₹3.63 instead of ₹3.59"),
        ({"tax_paise": 24_00}, K.FEE_UNEXPECTED, "GST of ₹24 in a fee of ₹23.60"),
        ({"on_hold": True}, K.ROW_ON_HOLD, "holds"),
    ],
)
def test_a_fee_or_a_hold_that_is_not_as_it_should_be_is_told(
    changes: dict[str, Any], kind: DifferenceKind, words: str
) -> None:
    rows, paid = one_payment(**changes)
    found = only(match(rows, paid))
    assert found.kind is kind
    assert words in found.explanation
    assert match(rows, paid).matched == 0


@pytest.mark.parametrize("changes", [{"tax_paise": 3_61}, {"tax_paise": 3_59}])
def test_a_paisa_of_gst_are_rounding(changes: dict[str, Any]) -> None:
    rows, paid = one_payment(**changes)
    assert match(rows, paid).clean


def test_no_fee_at_all_is_lawful_for_upi() -> None:
    free = {"fee_paise": 0, "tax_paise": 0, "credit_paise": 1000_00, "method": "upi"}
    rows, paid = one_payment(**free)
    assert match(rows, paid).clean


def test_a_payment_that_no_order_knows_names_the_order_by_its_receipt() -> None:
    unpaid = order(status=OrderStatus.EXPIRED)
    found = only(match([payment_row("pay_1", 1000_00, receipt=unpaid.order_id)], unpaid))
    assert (found.kind, found.order_id) == (K.CAPTURE_UNKNOWN, unpaid.order_id)
    assert found.found_paise == 976_40


def test_a_payment_that_no_order_knows_names_the_order_by_its_razorpay_order() -> None:
    unpaid = order()
    assert unpaid.payment_order is not None
    known_by = unpaid.payment_order.razorpay_order_id
    rows = [payment_row("pay_1", 1000_00, receipt="no", razorpay_order_id=known_by)]
    assert only(match(rows, unpaid)).order_id == unpaid.order_id


def test_a_payment_of_somebody_else_names_no_order() -> None:
    assert only(match([payment_row("pay_1", 1000_00)])).order_id is None


def test_a_capture_of_another_amount_is_told_with_both_sides() -> None:
    rows, paid = [payment_row("pay_1", 900_00)], order(entry(CAPTURED, 1000_00, "pay_1"))
    found = only(match(rows, paid))
    assert (found.kind, found.expected_paise, found.found_paise) == (
        K.AMOUNT_DIFFERS,
        1000_00,
        900_00,
    )


def test_a_refund_that_no_order_knows_names_the_order_by_its_payment() -> None:
    rows = [refund_row("rfnd_x", 100_00, payment_id="pay_1")]
    paid = order(entry(CAPTURED, 1000_00, "pay_1"))
    found = only(match([*rows, payment_row("pay_1", 1000_00)], paid))
    assert (found.kind, found.order_id) == (K.REFUND_UNKNOWN, paid.order_id)
    assert found.found_paise == -100_00


@pytest.mark.parametrize("changes", [{"amount_paise": 99_00}, {"debit_paise": 99_00}])
def test_a_refund_of_another_amount_is_told(changes: dict[str, Any]) -> None:
    paid = order(entry(CAPTURED, 1000_00, "pay_1", days=9), refunds=(refund_of("pay_1", 100_00),))
    rows = [settled(payment_row("pay_1", 1000_00), 3)]
    assert kinds(match([*rows, refund_row("rfnd_pay_1_1", 100_00, **changes)], paid)) == [
        K.AMOUNT_DIFFERS
    ]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (RefundStatus.PROCESSED, []),
        (RefundStatus.INITIATED, []),
        (RefundStatus.FAILED, [K.REFUND_SETTLED_THOUGH_FAILED]),
        (RefundStatus.CLOSED, [K.REFUND_SETTLED_THOUGH_FAILED]),
        (RefundStatus.MANUAL, [K.REFUND_SETTLED_THOUGH_FAILED]),
    ],
)
def test_a_settled_refund_must_not_have_failed_at_ours(
    status: RefundStatus, expected: list[DifferenceKind]
) -> None:
    paid = order(
        entry(CAPTURED, 1000_00, "pay_1"), refunds=(refund_of("pay_1", 100_00, status=status),)
    )
    rows = [payment_row("pay_1", 1000_00), refund_row("rfnd_pay_1_1", 100_00)]
    assert kinds(match(rows, paid)) == expected


def adjustment(**more: Any) -> SettlementRow:
    return row(SettlementRowKind.ADJUSTMENT, "adj_1", 300_00, **more)


def test_a_lost_dispute_explains_its_adjustment() -> None:
    paid = order(entry(CAPTURED, 1000_00, "pay_1"), entry(LOST, 300_00, "disp_1"))
    report = match([payment_row("pay_1", 1000_00), adjustment(dispute_id="disp_1")], paid)
    assert report.clean
    assert report.settlements[0].adjusted_paise == -300_00


@pytest.mark.parametrize(
    ("one", "kind", "words"),
    [
        (adjustment(), K.ROW_UNEXPECTED, "an adjustment"),
        (adjustment(description="Fee correction"), K.ROW_UNEXPECTED, "Fee correction"),
        (adjustment(dispute_id="disp_9"), K.DISPUTE_UNKNOWN, "disp_9"),
        (row(SettlementRowKind.TRANSFER, "trf_1", 5_00), K.ROW_UNEXPECTED, "a transfer"),
    ],
)
def test_a_row_that_nothing_explains_is_told(
    one: SettlementRow, kind: DifferenceKind, words: str
) -> None:
    found = only(match([one]))
    assert found.kind is kind
    assert words in found.explanation


def test_a_dispute_that_took_another_amount_is_told() -> None:
    paid = order(entry(LOST, 200_00, "disp_1"))
    assert kinds(match([adjustment(dispute_id="disp_1")], paid)) == [K.AMOUNT_DIFFERS]


@pytest.mark.parametrize("days", [0, 3])
def test_a_payment_that_is_settled_twice_is_told_once(days: float) -> None:
    paid = order(entry(CAPTURED, 1000_00, "pay_1"))
    first = settled(payment_row("pay_1", 1000_00), days)
    again = payment_row("pay_1", 1000_00, settlement_id="setl_2")
    found = only(match([first, again], paid))
    assert (found.kind, found.order_id) == (K.DUPLICATE_ROW, paid.order_id)
    assert found.detail == "in setl_1 already"


def unsettled(kind: str, days: float) -> OrderMoney:
    if kind == "refund":
        refunds = (refund_of("pay_1", 100_00, days=days),)
        return order(entry(CAPTURED, 1000_00, "pay_1", days=99), refunds=refunds)
    return order(entry({"capture": CAPTURED, "dispute": LOST}[kind], 1000_00, "x_1", days=days))


@pytest.mark.parametrize(
    ("kind", "difference"),
    [
        ("capture", K.CAPTURE_NOT_SETTLED),
        ("refund", K.REFUND_NOT_SETTLED),
        ("dispute", K.DISPUTE_NOT_SETTLED),
    ],
)
def test_what_is_not_settled_is_told_from_the_day_it_is_overdue(
    kind: str, difference: DifferenceKind
) -> None:
    told = [
        days for days in range(TERMS.settlement_days + REPEATED_DAYS + 3)
        if kinds(match([], unsettled(kind, days))) == [difference]
    ]  # fmt: skip
    assert told == [5, 6, 7, 8]


def test_what_an_earlier_day_settled_is_not_overdue() -> None:
    paid = order(
        entry(CAPTURED, 1000_00, "pay_1", days=6),
        entry(LOST, 300_00, "disp_1", days=6),
        refunds=(refund_of("pay_1", 100_00, days=6),),
    )
    rows = [
        settled(payment_row("pay_1", 1000_00), 4),
        settled(refund_row("rfnd_pay_1_1", 100_00), 4),
        settled(adjustment(dispute_id="disp_1"), 4),
    ]
    assert match(rows, paid).clean


def test_a_refund_that_went_by_hand_is_not_looked_for_at_razorpay() -> None:
    by_hand = refund_of("cash", 100_00, days=6, razorpay_id=None)
    assert match([], cash_order(refunds=(by_hand,))).clean


@pytest.mark.parametrize("status", [RefundStatus.INITIATED, RefundStatus.FAILED])
def test_a_refund_that_does_not_end_is_told(status: RefundStatus) -> None:
    def found(days: float) -> list[DifferenceKind]:
        refunds = (refund_of("pay_1", 100_00, days=days, status=status, razorpay_id=None),)
        return kinds(match([], order(refunds=refunds)))

    assert [days for days in range(13) if found(days)] == [7, 8, 9, 10]
    assert found(7) == [K.REFUND_STUCK]


def ending(**more: Any) -> list[DifferenceKind]:
    ended = order(entry(CAPTURED, 1000_00, "pay_1"), **{"status": OrderStatus.COMPLETED} | more)
    rows = [payment_row("pay_1", 1000_00)]
    return kinds(match(rows, ended, ended=frozenset({ended.order_id})))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"documents": (invoice(1000_00),)}, []),
        ({"documents": (invoice(999_99),)}, [K.DOCUMENTS_DIFFER]),
        ({"documents": (invoice(1000_00), credit_note(400_00))}, [K.DOCUMENTS_DIFFER]),
        ({"status": OrderStatus.EXPIRED}, [K.MONEY_KEPT]),
        ({"status": OrderStatus.CANCELLED}, [K.MONEY_KEPT]),
    ],
)
def test_an_order_at_its_end_keeps_what_its_documents_say(
    more: dict[str, Any], expected: list[DifferenceKind]
) -> None:
    assert ending(**more) == expected


def test_a_partial_refund_goes_with_a_credit_note() -> None:
    ended = order(
        entry(CAPTURED, 1000_00, "pay_1"),
        refunds=(refund_of("pay_1", 400_00),),
        documents=(invoice(1000_00), credit_note(400_00)),
        status=OrderStatus.COMPLETED,
    )
    rows = [payment_row("pay_1", 1000_00), refund_row("rfnd_pay_1_1", 400_00)]
    assert match(rows, ended, ended=frozenset({ended.order_id})).clean


def test_a_refund_under_way_is_waited_for_before_an_order_is_judged() -> None:
    on_its_way = refund_of("pay_1", 1000_00, status=RefundStatus.INITIATED)
    assert ending(status=OrderStatus.EXPIRED, refunds=(on_its_way,)) == []


@pytest.mark.parametrize("documents", [(invoice(1000_00),), ()])
def test_what_a_lost_dispute_took_needs_no_credit_note_nor_a_second_refund(
    documents: Any,
) -> None:
    ended = order(
        entry(CAPTURED, 1000_00, "pay_1"),
        entry(LOST, 1000_00, "disp_1"),
        documents=documents,
        status=OrderStatus.COMPLETED,
    )
    rows = [payment_row("pay_1", 1000_00)]
    assert match(rows, ended, ended=frozenset({ended.order_id})).clean


def test_a_payout_is_the_sum_of_its_rows() -> None:
    rows, paid = one_payment()
    short = [replace(payouts(rows)[0], amount_paise=900_00)]
    found = only(match(rows, paid, payouts=short))
    assert (found.kind, found.subject) == (K.PAYOUT_DIFFERS, "setl_1")
    assert (found.expected_paise, found.found_paise) == (976_40, 900_00)


def test_rows_without_a_payout_and_a_payout_without_rows_are_told() -> None:
    rows, paid = one_payment()
    stranger = [replace(payouts(rows)[0], settlement_id="setl_0")]
    report = match(rows, paid, payouts=stranger)
    assert [(each.subject, each.found_paise) for each in report.differences] == [
        ("setl_0", 976_40),
        ("setl_1", None),
    ]
    assert "lists no such payout" in report.differences[1].explanation


def test_the_report_looks_back_as_far_as_anything_may_still_be_overdue() -> None:
    assert (DAY - first_day(DAY, TERMS)).days == TERMS.remittance_days + REPEATED_DAYS


@pytest.mark.parametrize("kind", DifferenceKind)
def test_each_kind_has_a_meaning_and_an_action(kind: DifferenceKind) -> None:
    difference = Difference(kind=kind, subject="x")
    assert difference.explanation == MEANING[kind]
    assert difference.action == ACTION[kind]
    assert difference.action.endswith(".")


# --- any books that fit are clean, and one fault is found as what it is ---------------------------


@st.composite
def books_that_fit(draw: st.DrawFn) -> tuple[list[SettlementRow], list[OrderMoney]]:
    rows: list[SettlementRow] = []
    orders: list[OrderMoney] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        amount = draw(st.integers(100_00, 5000_00))
        payment_id, days = f"pay_{number}", draw(st.integers(0, 12))
        parts = draw(st.lists(st.integers(1_00, 50_00), max_size=2))
        refunds = tuple(
            refund_of(payment_id, part, number=index, days=days / 2)
            for index, part in enumerate(parts, 1)
        )
        orders.append(order(entry(CAPTURED, amount, payment_id, days=days), refunds=refunds))
        at, name = draw(st.integers(0, days)), draw(st.sampled_from(("setl_1", "setl_2")))
        rows.append(settled(payment_row(payment_id, amount, settlement_id=name), at))
        rows += [
            refund_row(f"rfnd_{payment_id}_{index}", part, settlement_id=name)
            for index, part in enumerate(parts, 1)
        ]
    return rows, orders


Books = tuple[list[SettlementRow], list[OrderMoney]]


@given(books_that_fit(), st.randoms(use_true_random=False))
def test_books_that_fit_are_clean_in_any_order(books: Books, dice: Any) -> None:
    rows, orders = books
    report = match(rows, *orders)
    assert report.clean, report.differences
    assert sum(each.net_paise for each in report.settlements) == sum(
        each.net_paise for each in rows if each.settled_at == NOON
    )
    dice.shuffle(rows)
    dice.shuffle(orders)
    assert match(rows, *orders) == report


def _lose_order(rows: list[SettlementRow], orders: list[OrderMoney]) -> Books:
    gone = orders[-1].entries[0].reference
    kept = [each for each in rows if not each.entity_id.startswith(f"rfnd_{gone}")]
    today = [replace(each, settled_at=NOON) if each.entity_id == gone else each for each in kept]
    return today, orders[:-1]


def _settle_twice(rows: list[SettlementRow], orders: list[OrderMoney]) -> Books:
    return [*rows, replace(rows[0], settlement_id="setl_9", settled_at=NOON)], orders


def _forget_row(rows: list[SettlementRow], orders: list[OrderMoney]) -> Books:
    old = replace(orders[0].entries[0], at=days_ago(5))
    lost = [each for each in rows if each.entity_id != old.reference]
    return lost, [replace(orders[0], entries=(old,)), *orders[1:]]


def _take_too_much(rows: list[SettlementRow], orders: list[OrderMoney]) -> Books:
    first = replace(rows[0], settled_at=NOON)
    dear = first.amount_paise // 20
    return [
        replace(first, fee_paise=dear, credit_paise=first.amount_paise - dear), *rows[1:]
    ], orders  # fmt: skip


FAULTS: list[tuple[Callable[..., Books], DifferenceKind]] = [
    (_lose_order, K.CAPTURE_UNKNOWN),
    (_settle_twice, K.DUPLICATE_ROW),
    (_forget_row, K.CAPTURE_NOT_SETTLED),
    (_take_too_much, K.FEE_UNEXPECTED),
]


@given(books_that_fit(), st.sampled_from(FAULTS))
def test_one_fault_is_found_as_what_it_is(
    books: Books, fault: tuple[Callable[..., Books], DifferenceKind]
) -> None:
    break_books, kind = fault
    rows, orders = break_books(*books)
    assert kinds(match(rows, *orders)) == [kind]


def test_the_amount_of_cash_is_no_business_of_razorpay() -> None:
    assert match([], cash_order(entry(EntryKind.COD_COLLECTED, 500_00, "AWB1", days=5))).clean
