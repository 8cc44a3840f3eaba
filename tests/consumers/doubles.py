"""Ports of the consumers in memory, and a queue that is as unkind as SQS."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from consumers.metrics import ConsumerMetrics
from consumers.needs import ConsumerPorts, CourierNotice, RazorpayNotice, ViewTiming
from domain.errors import ImpossibleStep, OrderNotFound
from domain.events import OrderEvent
from domain.facts import same_fact
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.ports import NO_FACTS, Position, QueueMessage, Subscription
from domain.shipment import CourierUpdate
from domain.view import OrderView
from domain.wire import dump_event
from tests.consumers.orders import START
from tests.fakes.consumers import FakeConsumerRecords, FakeParkedEvents


class TestClock:
    __test__ = False

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class MemoryLog:
    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], dict[int, OrderEvent]] = defaultdict(dict)
        self.error: Exception | None = None

    async def append(self, events: Sequence[OrderEvent]) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        changed = [event.id for event in events if not same_fact(self._keep(event), event)]
        if changed:
            message = f"stored with other content: {', '.join(changed)}"
            raise ImpossibleStep(message)

    def _keep(self, event: OrderEvent) -> OrderEvent:
        return self.stored[event.order_id, event.epoch].setdefault(event.sequence, event)

    async def read(
        self, order_id: str, epoch: int, after: int, limit: int = 1000
    ) -> Sequence[OrderEvent]:
        await asyncio.sleep(0)
        known = self.stored[order_id, epoch]
        return [known[sequence] for sequence in sorted(known) if sequence > after][:limit]


class MemoryViews:
    def __init__(self) -> None:
        self.stored: dict[str, OrderView] = {}
        self.saved: list[tuple[str, int, int]] = []
        self.before_save: Callable[[], None] | None = None
        self.error: Exception | None = None

    async def get(self, order_id: str) -> OrderView | None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return self.stored.get(order_id)

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        return {o: self.stored[o] for o in order_ids if o in self.stored}

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        await asyncio.sleep(0)
        if self.before_save is not None:
            self.before_save()
        current = self.stored.get(view.order_id)
        if (Position.of(current) if current else None) != expected:
            return False
        self.stored[view.order_id] = view
        self.saved.append((view.order_id, view.epoch, view.sequence))
        return True

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        return [view for view in self.stored.values() if view.customer_id == customer_id][:limit]


class MemoryHeads:
    def __init__(self) -> None:
        self.heads: dict[str, tuple[Position, datetime]] = {}
        self.views: dict[str, Position] = {}
        self.error: Exception | None = None

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        self.heads[order_id] = (position, at)

    async def behind(self, older_than: datetime, limit: int) -> Sequence[str]:
        if self.error is not None:
            raise self.error
        return [
            order_id
            for order_id, (head, at) in self.heads.items()
            if at < older_than and _rank(self.views.get(order_id)) < _rank(head)
        ][:limit]

    async def oldest_behind(self) -> datetime | None:
        if self.error is not None:
            raise self.error
        late = [
            at
            for order_id, (head, at) in self.heads.items()
            if _rank(self.views.get(order_id)) < _rank(head)
        ]
        return min(late, default=None)

    async def caught_up(self, order_id: str, position: Position) -> None:
        await asyncio.sleep(0)
        if _rank(position) > _rank(self.views.get(order_id)):
            self.views[order_id] = position


def _rank(position: Position | None) -> tuple[int, int]:
    return (position.epoch, position.sequence) if position else (0, 0)


class MemoryLive:
    def __init__(self) -> None:
        self.announced: list[OrderEvent] = []
        self.error: Exception | None = None

    async def announce(self, events: Sequence[OrderEvent]) -> None:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.announced.extend(events)

    def subscribe(self) -> Subscription:
        message = "consumers only announce"
        raise AssertionError(message)

    def sequences(self, order_id: str) -> list[int]:
        return [event.sequence for event in self.announced if event.order_id == order_id]


class Workflows:
    """What the orders' workflows would answer to `events_since`."""

    def __init__(self) -> None:
        self.logs: dict[str, list[OrderEvent]] = {}
        self.asked: list[tuple[str, int]] = []
        self.error: Exception | None = None

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        await asyncio.sleep(0)
        self.asked.append((order_id, sequence))
        if self.error is not None:
            raise self.error
        if order_id not in self.logs:
            raise OrderNotFound(order_id)
        return [event for event in self.logs[order_id] if event.sequence > sequence]


class MemoryNews:
    def __init__(self) -> None:
        self.told: list[tuple[str, PaymentNews | RefundNews | DisputeNews | CourierUpdate]] = []
        self.error: Exception | None = None

    async def payment_event(self, order_id: str, news: PaymentNews) -> None:
        self._tell(order_id, news)

    async def refund_event(self, order_id: str, news: RefundNews) -> None:
        self._tell(order_id, news)

    async def dispute_event(self, order_id: str, news: DisputeNews) -> None:
        self._tell(order_id, news)

    async def courier_event(self, order_id: str, news: CourierUpdate) -> None:
        self._tell(order_id, news)

    def _tell(
        self, order_id: str, news: PaymentNews | RefundNews | DisputeNews | CourierUpdate
    ) -> None:
        if self.error is not None:
            raise self.error
        self.told.append((order_id, news))


class MemoryRefs:
    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        self.stored[razorpay_order_id] = order_id

    async def order_id(self, razorpay_order_id: str) -> str | None:
        return self.stored.get(razorpay_order_id)


def unreadable_notice(body: str) -> RazorpayNotice:
    message = f"no Razorpay webhook was expected: {body}"
    raise AssertionError(message)


def unreadable_scan(body: str, received_at: datetime) -> CourierNotice | None:
    message = f"no courier webhook was expected: {body} {received_at}"
    raise AssertionError(message)


@dataclass(kw_only=True)
class World:
    """Everything that a consumer may touch."""

    clock: TestClock = field(default_factory=lambda: TestClock(datetime.now(UTC)))
    log: MemoryLog = field(default_factory=MemoryLog)
    views: MemoryViews = field(default_factory=MemoryViews)
    heads: MemoryHeads = field(default_factory=MemoryHeads)
    live: MemoryLive = field(default_factory=MemoryLive)
    workflows: Workflows = field(default_factory=Workflows)
    news: MemoryNews = field(default_factory=MemoryNews)
    refs: MemoryRefs = field(default_factory=MemoryRefs)
    records: FakeConsumerRecords = field(default_factory=FakeConsumerRecords)
    parked: FakeParkedEvents = field(default_factory=FakeParkedEvents)
    timing: ViewTiming = field(default_factory=lambda: ViewTiming(hole_wait_s=0))
    read_razorpay: Callable[[str], RazorpayNotice] = unreadable_notice
    read_courier: Callable[[str, datetime], CourierNotice | None] = unreadable_scan
    metrics: ConsumerMetrics = field(default_factory=lambda: ConsumerMetrics(CollectorRegistry()))

    def ports(self) -> ConsumerPorts:
        return ConsumerPorts(
            clock=self.clock,
            log=self.log,
            views=self.views,
            heads=self.heads,
            live=self.live,
            events_since=self.workflows.events_since,
            news=self.news,
            payment_refs=self.refs,
            read_razorpay=self.read_razorpay,
            read_courier=self.read_courier,
            records=self.records,
            parked=self.parked,
            metrics=self.metrics,
            view_timing=self.timing,
        )


@dataclass
class Held:
    """A message on the queue; hidden until `visible_at` of the queue's own clock."""

    body: str
    message_id: str
    receives: int = 0
    visible_at: float = 0


class MemoryQueue:
    """Visibility, receive counts, a dead-letter queue; time passes only when a test says so.

    A message that is hidden for 0 s can be received at once.
    """

    def __init__(self, max_receive: int = 8) -> None:
        self.now = 0.0
        self.held: dict[str, Held] = {}
        self.dead: list[Held] = []
        self.max_receive = max_receive
        self.deleted: list[str] = []
        self.extended: list[tuple[str, int]] = []
        self.receive_error: Exception | None = None
        self.delete_errors: list[Exception] = []
        self._numbers = itertools.count(1)

    async def send(self, body: str, attributes: Mapping[str, str] | None = None) -> None:
        self.put(body)

    def put(self, *bodies: str) -> None:
        for body in bodies:
            name = f"m{next(self._numbers)}"
            self.held[name] = Held(body=body, message_id=name)

    def put_events(self, *events: OrderEvent) -> None:
        self.put(*(dump_event(event) for event in events))

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        if self.receive_error is not None:
            raise self.receive_error
        self._bury()
        ready = [h for h in self.held.values() if h.visible_at <= self.now][:limit]
        if not ready:
            await asyncio.sleep(0.002)
        for held in ready:
            held.receives += 1
            held.visible_at = self.now + visibility_s
        return [
            QueueMessage(
                message_id=held.message_id,
                receipt=f"{held.message_id}#{held.receives}",
                body=held.body,
                receives=held.receives,
                attributes={},
            )
            for held in ready
        ]

    def _bury(self) -> None:
        for name, held in list(self.held.items()):
            if held.receives >= self.max_receive and held.visible_at <= self.now:
                self.dead.append(self.held.pop(name))

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        if self.delete_errors:
            raise self.delete_errors.pop(0)
        for message in messages:
            self.held.pop(message.message_id, None)
            self.deleted.append(message.message_id)

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        self.extended.append((message.message_id, visibility_s))
        if message.message_id in self.held:
            self.held[message.message_id].visible_at = self.now + visibility_s

    @property
    def empty(self) -> bool:
        return not self.held


async def eventually(check: Callable[[], bool], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not check():  # noqa: ASYNC110 - the condition is not an event
            await asyncio.sleep(0.002)


class Recording:
    """An event consumer that keeps what it was given, and fails or waits as a test says."""

    def __init__(self) -> None:
        self.batches: list[list[OrderEvent]] = []
        self.failing: Callable[[Sequence[OrderEvent]], Exception | None] = lambda _: None
        self.gate: asyncio.Event | None = None
        self.running: dict[str, int] = defaultdict(int)
        self.most_at_once: dict[str, int] = defaultdict(int)

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        order_id = events[0].order_id
        self.running[order_id] += 1
        self.most_at_once[order_id] = max(self.most_at_once[order_id], self.running[order_id])
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            error = self.failing(events)
            if error is not None:
                raise error
            self.batches.append(list(events))
        finally:
            self.running[order_id] -= 1

    def sequences(self, order_id: str) -> list[int]:
        return [e.sequence for batch in self.batches for e in batch if e.order_id == order_id]
