"""Runs the reconciliation of a day by hand, and fetches its report."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from adapters.mongo.connection import close, connect
from adapters.mongo.reconciliation import MongoReconciliationReports
from adapters.settings import Settings
from domain.catalogue import indian_day
from domain.reconciliation import ReconciliationReport
from workers.reconciliation_wiring import overdue_terms, reconciliation_terms
from workers.stack.errors import StackError
from workflows import policies
from workflows.connection import connect as connect_temporal
from workflows.reconciliation import DayToReconcile, ReconcileDayWorkflow

PATIENCE = timedelta(minutes=10)


def day_of(text: str, today: date | None = None) -> date:
    """Return the day that a person named.

    Raises:
        StackError: it is no date, or has not begun in India.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        message = f"--date {text!r} is no date: give YYYY-MM-DD, such as 2026-11-23"
        raise StackError(message) from error
    today = today or indian_day(datetime.now(UTC))
    if day > today:
        message = f"--date {day} is in the future: in India it is {today}. Give that day or earlier"
        raise StackError(message)
    return day


async def reconcile_day(
    settings: Settings, day: date, patience: timedelta = PATIENCE
) -> ReconciliationReport:
    """Match a day now and return its report; two callers at once share one run.

    Raises:
        StackError: Temporal does not answer, or no worker does the work.
        StoreUnavailable: the database does not answer.
    """
    client = await _connected(settings)
    handle = await client.start_workflow(
        ReconcileDayWorkflow.run,
        DayToReconcile(
            terms=reconciliation_terms(settings), overdue=overdue_terms(settings), day=day
        ),
        id=f"reconcile:{day}",
        task_queue=policies.SCHEDULES_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"reconcile {day}, by hand",
    )
    try:
        await asyncio.wait_for(handle.result(), patience.total_seconds())
    except TimeoutError as error:
        message = (
            f"the reconciliation of {day} is not done after {patience}: are the workers "
            "`schedules` and `payments` running? It goes on by itself once they are"
        )
        raise StackError(message) from error
    return await stored_report(settings, day)


async def stored_report(settings: Settings, day: date) -> ReconciliationReport:
    """Return the report as it was last made.

    Raises:
        StackError: the day was never reconciled.
        StoreUnavailable: the database does not answer.
    """
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        report = await MongoReconciliationReports(database).load(day)
    finally:
        await close(database)
    if report is None:
        message = f"{day} was never reconciled: run `orders reconcile --date {day}`"
        raise StackError(message)
    return report


async def _connected(settings: Settings) -> Client:
    try:
        return await connect_temporal(settings.temporal_address, settings.temporal_namespace)
    except RuntimeError as error:
        message = f"Temporal at {settings.temporal_address} does not answer: is the stack up?"
        raise StackError(message) from error
