"""Orders, views, log and feed of one test, joined as the `order_view` consumer joins them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.tokens import TokenIssuer
from domain.catch_up import contiguous
from domain.errors import OrderNotFound
from domain.events import EventType, OrderEvent
from domain.messages import StatusSnapshot
from domain.order import OrderState
from domain.ports import Position, Scope
from domain.ports.envelopes import Enveloped
from domain.snapshot import Cancellation
from domain.status import OrderStatus
from domain.view import OrderView, fold
from tests.fakes.aws import FakeFiles
from tests.fakes.feed import FakeLiveFeed
from tests.fakes.links import FakeLinkKeys
from tests.fakes.samples import sample_state
from tests.fakes.views import FakeEventLog, FakeOrderViews
from tracking.app import Tokens
from tracking.dependencies import Dependencies
from tracking.settings import TrackingSettings
from tracking.wall.rows import SETTLED

SECRET = "a secret of the tests that is long enough for HS256"
ASHA = "cus_asha"


class FakeClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FakeQueries:
    """The workflows; `asked` counts what reaches them, `answer` may be replaced by a test."""

    events: dict[str, list[OrderEvent]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[], Awaitable[object]] | None = None

    async def status(self, order_id: str) -> StatusSnapshot:
        events = await self._known("status", order_id)
        return StatusSnapshot(
            order_id=order_id,
            customer_id=events[-1].data.customer_id,
            status=events[-1].data.status,
            sequence=events[-1].sequence,
            epoch=events[-1].epoch,
            waits_for="the payment",
        )

    async def events_since(self, order_id: str, sequence: int) -> Sequence[OrderEvent]:
        events = await self._known("events_since", order_id)
        return [event for event in events if event.sequence > sequence]

    async def _known(self, name: str, order_id: str) -> list[OrderEvent]:
        self.asked.append((name, order_id))
        if self.before is not None:
            await self.before()
        if order_id not in self.events:
            raise OrderNotFound(order_id)
        return self.events[order_id]


class FakeEnvelopes:
    """What the fake log holds, in envelopes."""

    def __init__(self, log: FakeEventLog) -> None:
        self._log = log

    async def read(self, order_id: str, epoch: int, after: int, limit: int) -> Sequence[Enveloped]:
        return [Enveloped.of(each) for each in await self._log.read(order_id, epoch, after, limit)]


class FakeOpenOrders:
    """Counts what the fake views hold."""

    def __init__(self, views: FakeOrderViews) -> None:
        self._views = views

    async def count(self) -> Mapping[str, int]:
        views = self._views.views.values()
        found = Counter(view.status.value for view in views if view.status not in SETTLED)
        stuck = sum(any(a.resolved_at is None for a in view.attention) for view in views)
        return {**found, "attention": stuck}


class House:
    """Everything behind the service, in memory."""

    def __init__(self, **settings: Any) -> None:
        self.log = FakeEventLog()
        self.views = FakeOrderViews()
        self.feed = FakeLiveFeed()
        self.queries = FakeQueries()
        self.clock = FakeClock()
        self.issuer = TokenIssuer(SECRET)
        self.links = FakeLinkKeys()
        self.files = FakeFiles()
        self.open_orders = FakeOpenOrders(self.views)
        self.settings = TrackingSettings(**{"drain_window_s": 0.2, **settings})
        self.deps = Dependencies(
            settings=self.settings,
            clock=self.clock,
            views=self.views,
            log=self.log,
            envelopes=FakeEnvelopes(self.log),
            queries=self.queries,
            subscription=self.feed.subscribe(),
            wall_feed=self.feed.subscribe_to_all,
            search=self.views,
            open_orders=self.open_orders,
            files=self.files,
            links=self.links,
            tokens=Tokens(SECRET),
            passes=self.issuer,
            health={},
        )

    def token(
        self,
        customer: str = ASHA,
        *,
        scope: Scope = Scope.CUSTOMER,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        return self.issuer.issue(customer, now=self.clock.now(), scope=scope, lifetime=lifetime)

    async def order(self, count: int = 1, **changes: Any) -> "Story":
        """An order of `count` events that everybody has heard of."""
        story = Story(self, sample_state(**{"customer_id": ASHA, **changes}))
        await story.commit(story.events[0])
        for _ in range(count - 1):
            await story.happen()
        return story

    def settle(self, story: "Story", status: OrderStatus) -> None:
        """Let the view show another status, without a word about how it came."""
        views = self.views.views
        views[story.order_id] = replace(views[story.order_id], status=status)


class Story:
    """One order whose events happen when a test says so."""

    def __init__(self, house: House, state: OrderState) -> None:
        self._house = house
        self._state = state
        self.order_id = state.placement.order_id

    @property
    def events(self) -> list[OrderEvent]:
        return list(self._state.events)

    @property
    def head(self) -> dict[str, int]:
        return {"epoch": self.events[-1].epoch, "sequence": self.events[-1].sequence}

    def emit(self, padding: str = "") -> OrderEvent:
        """Let something happen that nobody has heard of yet."""
        number = len(self._state.events)
        at = self._state.placement.placed_at + timedelta(minutes=number)
        cancellation = Cancellation(reason=f"reason {number}{padding}", by="customer", at=at)
        self._state.emit(EventType.ORDER_CANCELLED, at, cancellation=cancellation)
        return self.events[-1]

    def new_epoch(self, count: int) -> None:
        """Let the order have another past, of so many events, as after a repair."""
        self._state.epoch += 1
        self._state.events[count:] = []
        again = [replace(event, epoch=self._state.epoch) for event in self._state.events]
        self._state.events[:] = again
        view: OrderView | None = None
        for event in again:
            self._house.log.events[event.id] = event
            view = fold(view, event)
        if view is not None:
            self._house.views.views[self.order_id] = view
        self._house.queries.events[self.order_id] = again

    async def happen(self, times: int = 1) -> list[OrderEvent]:
        """Let events happen that are stored, folded and announced, each by itself."""
        happened = [self.emit() for _ in range(times)]
        for event in happened:
            await self.commit(event)
        return happened

    async def commit(self, *events: OrderEvent) -> None:
        """Store, fold what is contiguous, and announce that, as the consumer does."""
        await self.store(*events)
        await self._house.feed.announce(await self.fold())

    async def store(self, *events: OrderEvent) -> None:
        await self._house.log.append(events)
        self._house.queries.events[self.order_id] = self.events

    async def fold(self) -> Sequence[OrderEvent]:
        view = self._house.views.views.get(self.order_id)
        epoch = self.events[-1].epoch
        after = Position(epoch=epoch, sequence=view.sequence if view else 0)
        stored = await self._house.log.read(self.order_id, epoch, after.sequence)
        run = contiguous(stored, after)
        folded: OrderView | None = view
        for event in run:
            folded = fold(folded, event)
        if folded is not None:
            self._house.views.views[self.order_id] = folded
        return run
