"""What runs by the clock, and how the schedules on the server come to say so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.overdue import OverdueTerms
from domain.reconciliation import ReconciliationTerms
from workflows import policies
from workflows.overdue_news import OverdueNewsWorkflow, OverdueRound
from workflows.reconciliation import DayToReconcile, ReconcileDayWorkflow

OVERDUE_NEWS = "overdue-news"
RECONCILIATION = "reconciliation"
RECONCILED_AT_UTC_HOUR, RECONCILED_AT_UTC_MINUTE = 1, 0
"""Half past six in India: banks have settled the day before, nobody is at work yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleTerms:
    """The settings that schedules follow."""

    every_s: float
    overdue: OverdueTerms
    reconciliation: ReconciliationTerms


async def ensure_money_schedules(client: Client, terms: ScheduleTerms) -> None:
    """Create both schedules, or bring them up to these terms. Safe to repeat, and side by side."""
    await _ensure(client, OVERDUE_NEWS, overdue_news(terms))
    await _ensure(client, RECONCILIATION, reconciliation(terms))


def overdue_news(terms: ScheduleTerms) -> Schedule:
    """Return the schedule of the rounds; a round that was missed is made up for by the next."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            OverdueNewsWorkflow.run,
            OverdueRound(terms=terms.overdue, every_s=terms.every_s),
            id=OVERDUE_NEWS,
            task_queue=policies.SCHEDULES_QUEUE,
            static_summary="ask for news that is overdue",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(seconds=terms.every_s))]),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(seconds=10)
        ),
    )


def reconciliation(terms: ScheduleTerms) -> Schedule:
    """Return the daily schedule; a day that was missed is made up for, one after the other."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconcileDayWorkflow.run,
            DayToReconcile(terms=terms.reconciliation, overdue=terms.overdue),
            id=RECONCILIATION,
            task_queue=policies.SCHEDULES_QUEUE,
            static_summary="match the settlements of yesterday",
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(
                    hour=[ScheduleRange(RECONCILED_AT_UTC_HOUR)],
                    minute=[ScheduleRange(RECONCILED_AT_UTC_MINUTE)],
                )
            ]
        ),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.BUFFER_ALL, catchup_window=timedelta(days=7)
        ),
    )


async def _ensure(client: Client, schedule_id: str, schedule: Schedule) -> None:
    try:
        await client.create_schedule(schedule_id, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(schedule_id).update(_bring_up_to(schedule))


def _bring_up_to(schedule: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(found: ScheduleUpdateInput) -> ScheduleUpdate:
        # Whether somebody has paused it is theirs to decide.
        schedule.state = found.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    return update
