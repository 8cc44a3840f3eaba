"""Once a day, and by hand: match what Razorpay settled with the orders' ledgers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.overdue_news import (
        NOTHING_TOLD,
        EnlistInput,
        OverdueNewsActivities,
        TellOrdersInput,
        Told,
    )
    from activities.reconciliation import (
        DayInput,
        DayMatched,
        ReadDayInput,
        ReconciliationActivities,
        SettlementActivities,
    )
    from domain.catalogue import indian_day
    from domain.overdue import OverdueTerms
    from domain.reconciliation import ReconciliationTerms
    from workflows import policies
    from workflows.overdue_news import ask

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, kw_only=True, slots=True)
class DayToReconcile:
    """Which day; None means the one before the day on which the schedule meant this to run."""

    terms: ReconciliationTerms
    overdue: OverdueTerms
    day: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayReconciled:
    """What came of it. `told` orders have heard of money that they did not know."""

    day: date
    rows: int
    differences: int
    told: Told = NOTHING_TOLD


@workflow.defn(name="ReconcileDay")
class ReconcileDayWorkflow:
    """One day. Safe to repeat: the report takes the place of the earlier one."""

    @workflow.run
    async def run(self, start: DayToReconcile) -> DayReconciled:
        """Read what is missing, match, and tell orders what they have missed."""
        day = start.day or indian_day(_scheduled_at()) - timedelta(days=1)
        await self._watch_late_views(start.overdue)
        await self._read(day, start.terms)
        matched = await _run(
            ReconciliationActivities.match_day,
            DayInput(day=day, now=workflow.now(), terms=start.terms),
            policies.SCHEDULES_QUEUE,
            f"match {day}",
        )
        return DayReconciled(
            day=day,
            rows=matched.rows,
            differences=matched.differences,
            told=await self._tell(matched, start.overdue),
        )

    async def _watch_late_views(self, terms: OverdueTerms) -> None:
        horizon = timedelta(seconds=terms.payable_s) + policies.WATCH_BEGINS_WITHIN
        now = workflow.now()
        await _run(
            OverdueNewsActivities.enlist_orders,
            EnlistInput(oldest=now - horizon, now=now, again=True),
            policies.SCHEDULES_QUEUE,
            "watch orders whose views came late",
        )

    async def _read(self, day: date, terms: ReconciliationTerms) -> None:
        missing = await _run(
            ReconciliationActivities.days_to_read,
            DayInput(day=day, now=workflow.now(), terms=terms),
            policies.SCHEDULES_QUEUE,
            "which settlements are not known",
        )
        for each in missing.days:
            await _run(
                SettlementActivities.read_settlements,
                ReadDayInput(day=each, now=workflow.now()),
                policies.PAYMENTS_QUEUE,
                f"settlements of {each}",
            )

    async def _tell(self, matched: DayMatched, terms: OverdueTerms) -> Told:
        if not matched.untold:
            return NOTHING_TOLD
        answers = await asyncio.gather(*(ask(question) for question in matched.untold))
        request = TellOrdersInput(answers=tuple(answers), now=workflow.now(), terms=terms)
        return await _run(
            OverdueNewsActivities.tell_orders,
            request,
            policies.SCHEDULES_QUEUE,
            "tell the orders what they have missed",
        )


def _scheduled_at() -> datetime:
    """Return when the schedule meant this to run: a run that is made up for is of its own day."""
    return workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.now()


async def _run(
    method: Callable[[Any, _In], Awaitable[_Out]], request: _In, queue: str, summary: str
) -> _Out:
    return await workflow.execute_activity_method(
        method,
        request,
        task_queue=queue,
        start_to_close_timeout=policies.SWEEP,
        retry_policy=policies.UNTIL_DONE,
        summary=summary,
    )
