"""A workflow that knows its events and answers queries as an order does, and nothing else."""

from temporalio import workflow

from domain.events import OrderEvent
from domain.messages import EventsSince, StatusSnapshot

QUEUE = "order-log"


@workflow.defn(name="OrderWorkflow", sandboxed=False)
class OrderLogWorkflow:
    """Stands in for `OrderWorkflow` where only its queries matter."""

    def __init__(self) -> None:
        self._events: list[OrderEvent] = []
        self._over = False

    @workflow.run
    async def run(self) -> None:
        """Stay until told that it is over."""
        await workflow.wait_condition(lambda: self._over)

    @workflow.signal
    def happened(self, events: list[OrderEvent]) -> None:
        """Learn of events, in order."""
        self._events += events

    @workflow.signal
    def reset(self, events: list[OrderEvent]) -> None:
        """Have another past."""
        self._events = list(events)

    @workflow.signal
    def end(self) -> None:
        """Close."""
        self._over = True

    @workflow.query
    def status(self) -> StatusSnapshot:
        """Tell where the order stands."""
        last = self._events[-1]
        return StatusSnapshot(
            order_id=last.order_id,
            customer_id=last.data.customer_id,
            status=last.data.status,
            sequence=last.sequence,
            epoch=last.epoch,
            waits_for="the payment",
        )

    @workflow.query
    def events_since(self, after: EventsSince) -> list[OrderEvent]:
        """Tell what happened after a sequence."""
        return [event for event in self._events if event.sequence > after.sequence]
