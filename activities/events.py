"""What leaves an order: its events, and at the end its state."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import refusals
from domain.events import OrderEvent
from domain.facts import digest
from domain.order import OrderState
from domain.ports import EventPublisher, OrderArchive, OrderHeads, Position


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishEventsInput:
    """A batch of one order's events, in sequence."""

    events: tuple[OrderEvent, ...]


class EventActivities:
    """Runs in the `orders` worker. Idempotent: an event keeps its id, a head never goes back."""

    def __init__(self, publisher: EventPublisher, heads: OrderHeads, archive: OrderArchive) -> None:
        """Receive the ports."""
        self._publisher = publisher
        self._heads = heads
        self._archive = archive

    @activity.defn
    async def publish_events(self, batch: PublishEventsInput) -> None:
        """Record the head and what is published under it, then publish.

        In this order: a tail that is lost on the way is noticed by the sweep, which knows the head,
        and no second story leaves under ids that a lost workflow task has used for another.

        Raises:
            LogDiverged: such a task has published, or was about to; nothing leaves.
        """
        newest = batch.events[-1]
        digests = {event.sequence: digest(event) for event in batch.events}
        with refusals():
            await self._heads.advance(newest.order_id, Position.of(newest), newest.time, digests)
        await self._publisher.publish(batch.events)

    @activity.defn
    async def archive_order(self, state: OrderState) -> None:
        """Store the order's final state, from which later news can resume it."""
        await self._archive.store(state)
