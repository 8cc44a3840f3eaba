"""The daily round: what an order could have left lying about is put back."""

from datetime import timedelta

from temporalio import workflow
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

with workflow.unsafe.imports_passed_through():
    from activities.housekeeping import (
        HousekeepingActivities,
        ReleaseForgottenHoldsInput,
        ReleaseForgottenHoldsResult,
    )
    from workflows import policies

HOUSEKEEPING = "housekeeping"


@workflow.defn(name="Housekeeping")
class HousekeepingWorkflow:
    """Runs on a schedule; each run looks once at everything."""

    @workflow.run
    async def run(self) -> ReleaseForgottenHoldsResult:
        """Release the stock that no living order stands behind."""
        return await workflow.execute_activity_method(
            HousekeepingActivities.release_forgotten_holds,
            ReleaseForgottenHoldsInput(held_before=workflow.now() - policies.HOLD_AGE),
            start_to_close_timeout=policies.SWEEP,
            retry_policy=policies.UNTIL_DONE,
            summary="release forgotten holds",
        )


async def ensure_schedules(client: Client) -> None:
    """Create the schedule if it is not there. Safe to repeat."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            HousekeepingWorkflow.run,
            id=HOUSEKEEPING,
            task_queue=policies.SCHEDULES_QUEUE,
            static_summary="release forgotten holds",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
    )
    try:
        await client.create_schedule(HOUSEKEEPING, schedule)
    except ScheduleAlreadyRunningError:
        return
