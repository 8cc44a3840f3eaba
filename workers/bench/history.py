"""How many history events one prepaid order of one parcel takes, from checkout to its end."""

from collections import Counter

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.client import WorkflowExecutionStatus

from domain import ids
from workers.bench.bed import Bed, until
from workers.bench.figures import Outcome, Row, at_most

NAME = "history"
BUDGET = 90
AIM = 75
PREFIX = "EVENT_TYPE_"


async def measure(bed: Bed, *, closes_within_s: float) -> Outcome:
    """Wait until the sample order's run has closed, and count its history.

    Raises:
        BenchFailed: the run does not close in time.
    """
    order_id = (await bed.sample())["order_id"]
    handle = bed.temporal.get_workflow_handle(ids.workflow_id(order_id))

    async def closed() -> bool:
        return (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING

    await until(closed, f"the run of {order_id} has closed", within_s=closes_within_s)
    history = [event async for event in handle.fetch_history_events()]
    names = (HistoryEventType.Name(event.event_type) for event in history)
    counts = Counter(name.removeprefix(PREFIX).lower() for name in names)
    published = [event.type.value for event in await bed.events(order_id)]
    row = Row(
        what="one prepaid parcel, paid by webhook",
        figure=f"{len(history)} events",
        beside=f"{len(published)} order events published",
        target=f"≤ {BUDGET} (aim {AIM})",
        verdict=at_most(len(history), BUDGET),
    )
    return Outcome(
        name=NAME,
        rows=(row,),
        figures={
            "history_events": len(history),
            "aim": AIM,
            "by_type": dict(counts.most_common()),
            "order_events_published": published,
            "closed_as": str((await bed.stack.log(order_id))[-1]["data"]["status"]),
        },
    )
