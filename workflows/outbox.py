"""The order's events on their way out: emitted by the step that makes them, sent in batches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.events import EventActivities, PublishEventsInput
    from domain.errors import LogDiverged
    from domain.events import EventType, OrderEvent
    from domain.order import OrderState
    from workflows.calls import local_first

BATCH = 100
"""Events of one call at the most: a log published anew stays far below a payload's limit."""


class Outbox:
    """Gives out sequence numbers, and keeps publishing until nothing is left."""

    def __init__(self, state: OrderState, on_emit: Callable[[OrderEvent], None]) -> None:
        """Publish the state's events; `on_emit` hears of each as it happens."""
        self._state = state
        self._on_emit = on_emit
        self._urgent = state.published
        self._holds = 0

    def emit(self, event_type: EventType, *, rides: bool = False, **subjects: Any) -> OrderEvent:
        """Append an event. One that `rides` waits for the next that does not."""
        event = self._state.emit(event_type, workflow.now(), **subjects)
        if not rides:
            self._urgent = event.sequence
        self._on_emit(event)
        return event

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Publish what is emitted inside as one batch: no event leaves before its commit point."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    async def keep_publishing(self, before: Callable[[], None]) -> None:
        """Publish whatever is due, for ever; calls `before` ahead of each batch."""
        while True:
            await workflow.wait_condition(self._is_due)
            before()
            await self._publish()

    async def drain(self) -> None:
        """Wait until each event, also those that ride, is out."""
        self._urgent = self._state.sequence
        await workflow.wait_condition(lambda: self._state.published >= self._state.sequence)

    def _is_due(self) -> bool:
        return self._holds == 0 and self._urgent > self._state.published

    async def _publish(self) -> None:
        due = self._state.events_since(self._state.published)[:BATCH]
        batch = PublishEventsInput(events=tuple(due))
        try:
            await local_first(EventActivities.publish_events, batch, summary=_span(batch.events))
        except ApplicationError as refusal:
            if refusal.type != LogDiverged.__name__:
                raise
            self._publish_anew(refusal.message)
        else:
            self._state.published = batch.events[-1].sequence

    def _publish_anew(self, reason: str) -> None:
        """Leave the published log to those who read it, and tell the true one in a new epoch.

        A workflow task that was lost after its publish has run again and told another story.
        """
        self._state.begin_epoch()
        self._urgent = self._state.sequence
        workflow.logger.warning(
            "log_diverged",
            extra={"order_id": self._state.order_id, "epoch": self._state.epoch, "reason": reason},
        )


def _span(events: tuple[OrderEvent, ...]) -> str:
    first, last = events[0], events[-1]
    numbers = f"#{first.sequence}" if first is last else f"#{first.sequence}–{last.sequence}"
    return f"{numbers} {', '.join(event.type.value for event in events)}"
