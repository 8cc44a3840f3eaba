"""Days of the Indian calendar, and what a report says in one word."""

from datetime import UTC, date, datetime

from domain.catalogue import indian_day
from domain.reconciliation import Difference, DifferenceKind, ReconciliationReport, day_bounds

DAY = date(2026, 11, 23)


def test_a_day_begins_at_midnight_in_india() -> None:
    begin, end = day_bounds(DAY)
    assert begin == datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    assert end == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert indian_day(begin) == DAY
    assert indian_day(end) > DAY


def test_a_report_is_clean_without_differences() -> None:
    difference = Difference(
        kind=DifferenceKind.MONEY_KEPT, subject="ord_1", detail="the order is x"
    )
    assert ReconciliationReport(day=DAY, rows=0, matched=0, orders=0).clean
    assert not ReconciliationReport(
        day=DAY, rows=0, matched=0, orders=0, differences=(difference,)
    ).clean
    assert difference.explanation.endswith("keeps money: the order is x")
