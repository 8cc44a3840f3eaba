"""Cash that couriers collected against what they remitted, parcel by parcel."""

import pytest

from domain.cash_matching import cash_differences, cash_lines, cash_of_day
from domain.order_money import OrderMoney
from domain.payment import EntryKind, PaymentEntry
from domain.reconciliation import DifferenceKind
from tests.domain.ledgers import DAY, cash_order, entry

K = DifferenceKind
OVERDUE = range(10, 14)


def collected(amount: int = 500_00, awb: str = "AWB1", days: float = 1) -> PaymentEntry:
    return entry(EntryKind.COD_COLLECTED, amount, awb, days)


def remitted(amount: int = 500_00, awb: str = "AWB1", days: float = 0) -> PaymentEntry:
    return entry(EntryKind.COD_REMITTED, amount, f"{awb}:UTR9", days)


def written_off(amount: int, awb: str = "AWB1") -> PaymentEntry:
    return entry(EntryKind.COD_WRITTEN_OFF, amount, f"{awb}:a1", 0)


def kinds(order: OrderMoney) -> list[DifferenceKind]:
    return [each.kind for each in cash_differences(DAY, order, OVERDUE)]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((), []),
        ((collected(),), []),
        ((collected(), remitted()), []),
        ((collected(days=99), remitted(days=90)), []),
        ((collected(days=11), remitted(200_00, days=5), remitted(300_00)), []),
        ((collected(), remitted(499_00)), [K.CASH_DIFFERS]),
        ((collected(), remitted(501_00)), [K.CASH_DIFFERS]),
        ((collected(), remitted(499_00), written_off(1_00)), []),
        ((collected(), remitted(499_00, days=1)), []),
        ((remitted(),), [K.CASH_UNKNOWN]),
        ((remitted(days=1),), []),
        ((collected(days=9),), []),
        ((collected(days=10),), [K.CASH_NOT_REMITTED]),
        ((collected(days=13),), [K.CASH_NOT_REMITTED]),
        ((collected(days=14),), []),
        ((collected(days=10), remitted(400_00, days=3)), [K.CASH_NOT_REMITTED]),
        ((collected(days=10), written_off(500_00)), []),
        ((collected(), collected(awb="AWB2"), remitted(awb="AWB2")), []),
    ],
)
def test_what_is_told_about_cash(
    entries: tuple[PaymentEntry, ...], expected: list[DifferenceKind]
) -> None:
    assert kinds(cash_order(*entries)) == expected


def test_a_difference_names_both_sides_and_the_utr() -> None:
    (found,) = cash_differences(DAY, cash_order(collected(), remitted(499_00)), OVERDUE)
    assert (found.subject, found.expected_paise, found.found_paise) == ("AWB1", 500_00, 499_00)
    assert "UTR9" in found.explanation


def test_cash_that_is_still_out_says_since_when() -> None:
    (found,) = cash_differences(DAY, cash_order(collected(days=10)), OVERDUE)
    assert "collected on 2026-11-13" in found.explanation


def test_parts_of_a_remittance_are_one_line() -> None:
    (line,) = cash_lines(cash_order(collected(), remitted(200_00), remitted(300_00)))
    assert (line.remitted_paise, line.outstanding_paise) == (500_00, 0)
    assert line.utr == "UTR9, UTR9"


def test_a_day_shows_the_parcels_whose_cash_moved_on_it() -> None:
    order = cash_order(
        collected(days=0),
        collected(awb="AWB2"),
        collected(awb="AWB3", days=8),
        remitted(awb="AWB3"),
    )
    assert [line.awb for line in cash_of_day(DAY, order)] == ["AWB1", "AWB3"]
