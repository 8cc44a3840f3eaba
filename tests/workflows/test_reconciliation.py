"""A day matched from end to end, and the schedules that see to it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from domain.catalogue import indian_day
from domain.events import EventType
from domain.overdue import OverdueTerms
from domain.reconciliation import DifferenceKind, ReconciliationTerms
from domain.settlement import Settlement, SettlementRow, SettlementRowKind
from tests.workflows.house import House
from tests.workflows.test_overdue_news import place, until_known
from workflows.policies import SCHEDULES_QUEUE
from workflows.reconciliation import DayReconciled, DayToReconcile, ReconcileDayWorkflow
from workflows.schedules import (
    OVERDUE_NEWS,
    RECONCILIATION,
    ScheduleTerms,
    ensure_money_schedules,
)

OVERDUE, TERMS = OverdueTerms(), ReconciliationTerms(settlement_days=0)


def today() -> date:
    return indian_day(datetime.now(UTC))


async def match(house: House, day: date | None) -> DayReconciled:
    return await house.client.execute_workflow(
        ReconcileDayWorkflow.run,
        DayToReconcile(terms=TERMS, overdue=OVERDUE, day=day),
        id=f"reconcile-{uuid4().hex}",
        task_queue=SCHEDULES_QUEUE,
    )


def settle(house: House, payment_id: str) -> None:
    """Pay a payment out, now, without a fee."""
    paid, now = house.gateway.payments[payment_id], datetime.now(UTC)
    row = SettlementRow(
        entity_id=payment_id,
        kind=SettlementRowKind.PAYMENT,
        credit_paise=paid.amount_paise,
        debit_paise=0,
        amount_paise=paid.amount_paise,
        fee_paise=0,
        tax_paise=0,
        settlement_id="setl_1",
        created_at=now,
        settled_at=now,
        razorpay_order_id=paid.razorpay_order_id,
    )
    house.payment_reports.rows.append(row)
    payout = Settlement(
        settlement_id="setl_1",
        amount_paise=sum(each.credit_paise for each in house.payment_reports.rows),
        fees_paise=0,
        tax_paise=0,
        status="processed",
        at=now,
    )
    house.payment_reports.paid_out[:] = [payout]


async def test_a_payment_that_only_the_settlement_knows_is_told_to_its_order(house: House) -> None:
    order_id, razorpay_order_id = await place(house)
    payment_id = house.gateway.pay(razorpay_order_id).razorpay_payment_id
    settle(house, payment_id)

    first = await match(house, today())
    assert (first.rows, first.differences, first.told.told) == (1, 1, 1)
    (difference,) = house.day_reports.reports[today()].differences
    assert (difference.kind, difference.order_id) == (DifferenceKind.CAPTURE_UNKNOWN, order_id)

    await until_known(house, order_id, EventType.PAYMENT_CONFIRMED)
    again = await match(house, today())
    assert (again.rows, again.differences, again.told.told) == (1, 0, 0)
    assert house.day_reports.reports[today()].clean


async def test_what_is_not_settled_in_time_is_in_the_report(house: House) -> None:
    order_id, razorpay_order_id = await place(house)
    payment_id = house.gateway.pay(razorpay_order_id).razorpay_payment_id
    await house.tell(order_id, payment_id)
    await until_known(house, order_id, EventType.PAYMENT_CONFIRMED)
    assert (await match(house, today())).differences == 1
    (difference,) = house.day_reports.reports[today()].differences
    assert difference.kind is DifferenceKind.CAPTURE_NOT_SETTLED


async def test_each_day_is_read_once_and_the_day_itself_each_time(house: House) -> None:
    await match(house, today())
    days = [call["day"] for call in house.payment_reports.called("settlement_rows")]
    assert days[-1] == today()
    assert len(days) == len(set(days)) > 5
    await match(house, today())
    again = [call["day"] for call in house.payment_reports.called("settlement_rows")][len(days) :]
    # Yesterday is read once more where it has ended less than two hours ago.
    assert again[-1] == today()
    assert set(again) <= {today(), today() - timedelta(days=1)}


async def test_without_a_date_it_is_the_day_before(house: House) -> None:
    done = await match(house, None)
    assert done.day in {today() - timedelta(days=n) for n in (1, 2)}
    assert done.day in house.day_reports.reports


async def test_schedules_are_made_once_and_follow_the_settings(house: House) -> None:
    terms = ScheduleTerms(every_s=300, overdue=OVERDUE, reconciliation=TERMS)
    await ensure_money_schedules(house.client, terms)
    rounds = house.client.get_schedule_handle(OVERDUE_NEWS)
    await rounds.pause(note="an outage at Razorpay")
    await ensure_money_schedules(house.client, replace(terms, every_s=60))
    described = await rounds.describe()
    assert described.schedule.spec.intervals[0].every == timedelta(seconds=60)
    assert described.schedule.state.paused
    daily = house.client.get_schedule_handle(RECONCILIATION)
    calendar = (await daily.describe()).schedule.spec.calendars[0]
    assert (calendar.hour[0].start, calendar.minute[0].start) == (1, 0)
    for handle in (rounds, daily):
        await handle.delete()
