"""What was read of settlements, and the reports made of it."""

from datetime import date, timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.reconciliation import MongoReconciliationReports, MongoSettlementBooks
from domain.ports.reconciliation import ReconciliationReports, SettlementBooks, SettlementDay
from domain.reconciliation import (
    CashLine,
    Difference,
    DifferenceKind,
    ReconciliationReport,
    SettledSum,
)
from domain.settlement import Settlement
from tests.domain.ledgers import DAY, NOON, payment_row
from tests.fakes.reconciliation import FakeReconciliationReports, FakeSettlementBooks

PAYOUT = Settlement(
    settlement_id="setl_1",
    amount_paise=976_40,
    fees_paise=23_60,
    tax_paise=3_60,
    status="processed",
    at=NOON,
    utr="UTR1",
)


@pytest.fixture
def books(database: Database | None) -> SettlementBooks:
    return FakeSettlementBooks() if database is None else MongoSettlementBooks(database)


@pytest.fixture
def reports(database: Database | None) -> ReconciliationReports:
    if database is None:
        return FakeReconciliationReports()
    return MongoReconciliationReports(database)


def settled(day: date, *payments: str) -> SettlementDay:
    rows = tuple(payment_row(payment, 1000_00) for payment in payments)
    return SettlementDay(day=day, rows=rows, payouts=(PAYOUT,) if payments else ())


def before(days: int) -> date:
    return DAY - timedelta(days=days)


async def test_what_was_read_is_there_day_by_day(books: SettlementBooks) -> None:
    for day, payments in ((before(1), ("pay_1",)), (DAY, ("pay_2", "pay_3")), (before(2), ())):
        await books.keep(settled(day, *payments), NOON)
    assert await books.rows(DAY, DAY) == list(settled(DAY, "pay_2", "pay_3").rows)
    assert [row.entity_id for row in await books.rows(before(2), DAY)] == [
        "pay_1", "pay_2", "pay_3"
    ]  # fmt: skip
    assert list(await books.payouts(DAY)) == [PAYOUT]
    assert not await books.payouts(before(2))
    assert not await books.payouts(before(3))


async def test_a_second_reading_takes_the_place_of_the_first(books: SettlementBooks) -> None:
    await books.keep(settled(DAY, "pay_1", "pay_2"), NOON)
    later = NOON + timedelta(hours=1)
    await books.keep(settled(DAY, "pay_2"), later)
    assert [row.entity_id for row in await books.rows(DAY, DAY)] == ["pay_2"]
    assert await books.read_at([DAY, before(1)]) == {DAY: later}


async def test_the_last_report_of_a_day_stands(reports: ReconciliationReports) -> None:
    assert await reports.load(DAY) is None
    clean = ReconciliationReport(day=DAY, rows=1, matched=1, orders=1)
    rich = ReconciliationReport(
        day=DAY,
        rows=1,
        matched=0,
        orders=1,
        settlements=(
            SettledSum(
                settlement_id="setl_1",
                utr=None,
                rows=1,
                captured_paise=1,
                fees_paise=0,
                tax_paise=0,
                refunded_paise=0,
                adjusted_paise=0,
                net_paise=1,
            ),
        ),
        cash=(CashLine(awb="AWB1", order_id="ord_1", collected_paise=5_00, collected_at=NOON),),
        differences=(Difference(kind=DifferenceKind.CAPTURE_UNKNOWN, subject="pay_1"),),
    )
    for report in (clean, rich, rich):
        await reports.save(report, NOON)
    assert await reports.load(DAY) == rich
    assert await reports.load(before(1)) is None
