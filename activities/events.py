"""What leaves an order: its events, and at the end its state."""

from dataclasses import dataclass

from temporalio import activity

from domain.events import OrderEvent
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
        """Record the head, then publish.

        In this order: a tail that is lost on the way is noticed by the sweep, which knows the head.
        """
        newest = batch.events[-1]
        await self._heads.advance(
            newest.order_id, Position(epoch=newest.epoch, sequence=newest.sequence), newest.time
        )
        await self._publisher.publish(batch.events)

    @activity.defn
    async def archive_order(self, state: OrderState) -> None:
        """Store the order's final state, from which later news can resume it."""
        await self._archive.store(state)
