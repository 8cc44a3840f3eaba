"""Keeps events that came too early, so that the queue does not bounce them until they die.

A handler says `NotYet`; the event is written down, acknowledged, and handed over again when its
order moves, and from time to time. It waits as long as it takes, and is counted meanwhile.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta

from consumers.contract import EventConsumer, HasCompanions, Loop, NotYet
from consumers.metrics import ConsumerMetrics
from consumers.turns import Turns
from domain.errors import ServiceUnavailable
from domain.events import OrderEvent
from domain.ports import Clock, ParkedEvents

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
LIMIT = 100
FIRST_WAIT_S = 2
LONGEST_WAIT_S = 3600


class Parking:
    """An event consumer around another one.

    A crash between handling and forgetting has the event handled once more, like any repeat. Give
    it the runner's `turns`, so that no order is handled by both at once.
    """

    def __init__(
        self,
        *,
        name: str,
        consumer: EventConsumer,
        parked: ParkedEvents,
        clock: Clock,
        metrics: ConsumerMetrics,
    ) -> None:
        self._name = name
        self._consumer = consumer
        self._parked = parked
        self._clock = clock
        self._metrics = metrics
        self.turns = Turns()
        self._waiting: set[str] = set()

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        """Hand events over; what comes too early is kept and counts as handled.

        Raises whatever else the handler raises.
        """
        order_id = events[0].order_id
        try:
            await self._consumer.handle(events)
        except NotYet:
            if len(events) > 1:  # the runner tries them one by one
                raise
            await self._park(events[0])
            return
        if order_id in self._waiting:
            with contextlib.suppress(ServiceUnavailable):  # the loop comes round again
                await self._hand_over(order_id)

    def companions(self) -> Sequence[Loop]:
        """Return the consumer's own loops, and the one that looks after what is parked."""
        own = self._consumer.companions() if isinstance(self._consumer, HasCompanions) else ()
        return (*own, self.run)

    async def run(self, stop: asyncio.Event) -> None:
        """Look after parked events until told to stop."""
        while not stop.is_set():
            try:
                await self.look()
            except ServiceUnavailable as error:
                logger.warning(
                    "parking_unavailable",
                    extra={"consumer": self._name, "error": type(error).__name__},
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)

    async def look(self) -> None:
        """Hand over what is due, and count what waits.

        Raises:
            StoreUnavailable: the parked events cannot be read.
        """
        now = self._clock.now()
        for order_id in await self._parked.due(self._name, now, LIMIT):
            async with self.turns.of(order_id):
                await self._hand_over(order_id)
        waiting = await self._parked.waiting(self._name)
        age_s = (now - waiting.oldest).total_seconds() if waiting.oldest else 0.0
        self._metrics.parked.labels(self._name).set(waiting.events)
        self._metrics.parked_oldest_s.labels(self._name).set(max(0.0, age_s))

    async def _hand_over(self, order_id: str) -> None:
        """Try an order's parked events, ascending, as long as one of them helps the others."""
        left = list(await self._parked.of_order(self._name, order_id))
        moved = True
        while left and moved:
            kept = [event for event in left if not await self._try(event)]
            moved, left = len(kept) < len(left), kept
        for event in left:
            await self._park(event)
        if not left:
            self._waiting.discard(order_id)

    async def _try(self, event: OrderEvent) -> bool:
        try:
            await self._consumer.handle([event])
        except NotYet:
            return False
        except ServiceUnavailable:
            raise
        except Exception:
            logger.exception(
                "parked_event_failed", extra={"consumer": self._name, "event_id": event.id}
            )
            return False
        await self._parked.release(self._name, event)
        return True

    async def _park(self, event: OrderEvent) -> None:
        self._waiting.add(event.order_id)
        tries = await self._parked.tries(self._name, event)
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 12))
        now = self._clock.now()
        due = now + timedelta(seconds=wait_s)
        await self._parked.park(self._name, event, now=now, due=due)
        logger.info(
            "event_parked",
            extra={"consumer": self._name, "event_id": event.id, "tries": tries + 1},
        )
