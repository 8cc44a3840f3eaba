"""Events that happen at the worst moments: driven by a schedule, without sockets and sleeps."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from domain.catch_up import Attached, Mode
from domain.errors import StoreUnavailable
from domain.ports import Caller, Position, Scope
from domain.ports.envelopes import Enveloped
from domain.view import OrderView
from tests.tracking.house import ASHA, House, Story
from tracking.following import fanout
from tracking.following.backlog import Backlog
from tracking.following.batch import Batch
from tracking.following.fanout import Fanout
from tracking.following.follower import Follower, FollowingServices
from tracking.following.reading import Reading
from tracking.metrics import TrackingMetrics

Moment = Callable[[str], Awaitable[None]]
MOMENTS = (
    "before add",
    "after add",
    "before view",
    "after view",
    "before log",
    "after log",
    "before subscribed",
    "after subscribed",
    "before events",
    "after events",
    "before live",
    "after live",
)


async def nothing(_: str) -> None:
    return


class Reader:
    """A client: applies events by their sequence and remembers every frame."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.seen: list[int] = []
        self.frames: list[str] = []
        self.position = 0
        self.live_at: asyncio.Event = asyncio.Event()
        self.changed = asyncio.Condition()

    async def subscribed(self, order_id: str, attachment: Attached[Enveloped]) -> None:
        await self.moment("before subscribed")
        self.frames.append(attachment.mode.value)
        if attachment.mode is not Mode.RESUMED:
            self.position = attachment.position.sequence
            self.seen.append(-self.position)
        await self._tell()
        await self.moment("after subscribed")

    async def events(self, batch: Batch) -> None:
        await self.moment("before events")
        self.seen += [event.sequence for event in batch.events]
        self.position = batch.end.sequence
        await self._tell()
        await self.moment("after events")

    async def live(self, order_id: str, position: Position) -> None:
        await self.moment("before live")
        self.frames.append("live")
        self.live_at.set()
        await self.moment("after live")

    async def refused(self, order_id: str, problem: Exception) -> None:
        self.frames.append(type(problem).__name__)
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def reaches(self, sequence: int) -> None:
        async with asyncio.timeout(3), self.changed:
            await self.changed.wait_for(lambda: self.position == sequence)


class Stage:
    """One process's followers over a house, with a hook before and after each call of a port."""

    def __init__(self, house: House, *, moment: Moment = nothing, check_s: float = 3600) -> None:
        self.house = house
        self.moment = moment
        self.metrics = TrackingMetrics()
        self.failures: list[Exception] = []
        views, log = _Views(house, self), _Log(house, self)
        self.fanout = Fanout(
            _Subscription(house.deps.subscription, self),
            views,
            metrics=self.metrics,
            position_check_s=check_s,
        )
        self.services = FollowingServices(
            reading=Reading(views, log, house.queries),
            fanout=self.fanout,
            metrics=self.metrics,
            events_per_frame=50,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Stage":
        await self.house.deps.subscription.start()
        self._begin(self.fanout.listen())
        self._begin(self.fanout.check_positions())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def follow(
        self, story: Story, sequence: int | None, *, backlog: Backlog | None = None
    ) -> tuple[Reader, Follower]:
        reader = Reader(self.moment)
        reader.position = sequence or 0
        follower = Follower(
            story.order_id,
            None if sequence is None else Position(epoch=1, sequence=sequence),
            caller=Caller(subject=ASHA, scope=Scope.CUSTOMER, expires_at=self.house.clock.now()),
            sink=reader,
            services=self.services,
            backlog=backlog or Backlog(256, 2**18),
        )
        self._begin(follower.run())
        return reader, follower

    def figure(self, name: str) -> float:
        return self.metrics.registry.get_sample_value(name) or 0.0

    def _begin(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))


class _Subscription:
    def __init__(self, inner: Any, stage: Stage) -> None:
        self._inner, self._stage = inner, stage

    async def start(self) -> None:
        await self._inner.start()

    async def stop(self) -> None:
        await self._inner.stop()

    async def add(self, order_id: str) -> None:
        await self._stage.moment("before add")
        await self._inner.add(order_id)
        await self._stage.moment("after add")

    async def remove(self, order_id: str) -> None:
        await self._inner.remove(order_id)

    def messages(self) -> Any:
        return self._inner.messages()


class _Views:
    def __init__(self, house: House, stage: Stage) -> None:
        self._house, self._stage = house, stage

    async def get(self, order_id: str) -> OrderView | None:
        await self._stage.moment("before view")
        if self._stage.failures:
            raise self._stage.failures.pop(0)
        view = await self._house.views.get(order_id)
        await self._stage.moment("after view")
        return view

    async def get_many(self, order_ids: Sequence[str]) -> Mapping[str, OrderView]:
        if self._stage.failures:
            raise self._stage.failures.pop(0)
        return await self._house.views.get_many(order_ids)

    async def save(self, view: OrderView, expected: Position | None) -> bool:
        return await self._house.views.save(view, expected)

    async def of_customer(
        self, customer_id: str, limit: int = 50, before: str | None = None
    ) -> Sequence[OrderView]:
        return await self._house.views.of_customer(customer_id, limit, before)


class _Log:
    def __init__(self, house: House, stage: Stage) -> None:
        self._house, self._stage = house, stage

    async def read(self, order_id: str, epoch: int, after: int, limit: int) -> Sequence[Enveloped]:
        await self._stage.moment("before log")
        events = await self._house.deps.envelopes.read(order_id, epoch, after, limit)
        await self._stage.moment("after log")
        return events


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("start", [None, 2])
@pytest.mark.parametrize("heard", [True, False])
async def test_an_event_at_any_moment_of_attaching_comes_exactly_once(
    moment: str, start: int | None, heard: bool
) -> None:
    """Heard at once, or only after one more turn of everybody else."""
    if start is None and moment in {"before log", "after log", "before events", "after events"}:
        return  # a snapshot reads no log and sends no events of the past
    house = House()
    story = await house.order(4)
    struck: list[str] = []

    async def strike(now: str) -> None:
        if now == moment and not struck:
            struck.append(now)
            await story.happen()
            if heard:
                for _ in range(5):
                    await asyncio.sleep(0)

    async with Stage(house, moment=strike) as stage:
        reader, _ = stage.follow(story, start)
        await reader.live_at.wait()
        await reader.reaches(5)
        await story.happen()
        await reader.reaches(6)
    assert struck == [moment]
    seen = reader.seen
    first = -seen[0] if seen[0] < 0 else start or 0
    assert [s for s in seen if s > 0] == list(range(first + 1, 7))
    assert reader.frames.count("live") == 1


async def test_events_that_arrive_in_disorder_are_seen_in_order_and_once() -> None:
    house = House()
    story = await house.order(5)
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 5)
        await reader.live_at.wait()
        six, seven, eight = story.emit(), story.emit(), story.emit()
        await story.commit(six)
        await story.commit(eight)
        await reader.reaches(6)
        await story.commit(seven)
        await story.commit(seven)
        await reader.reaches(8)
        await house.feed.announce([seven, eight])
        await story.happen()
        await reader.reaches(9)
    assert reader.seen == [6, 7, 8, 9]
    assert stage.figure("orders_tracking_repeats_dropped_total") == 2


async def test_who_attaches_during_a_hole_does_not_jump_it() -> None:
    house = House()
    story = await house.order(5)
    six, seven = story.emit(), story.emit()
    await story.commit(seven)
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 4)
        await reader.live_at.wait()
        assert reader.seen == [5]
        await story.commit(six)
        await reader.reaches(7)
    assert reader.seen == [5, 6, 7]


async def test_a_lost_last_announcement_is_healed_by_the_position_check() -> None:
    house = House()
    story = await house.order(3)
    async with Stage(house, check_s=0.05) as stage:
        reader, _ = stage.follow(story, 3)
        other, _ = stage.follow(story, 1)
        await reader.live_at.wait()
        await other.live_at.wait()
        house.feed.lose_next = 1
        await story.happen()
        await reader.reaches(4)
        await other.reaches(4)
        assert stage.figure("orders_tracking_gaps_healed_total") == 2
    assert (reader.seen, other.seen) == ([4], [2, 3, 4])


async def test_a_reconnected_feed_checks_every_position_at_once() -> None:
    house = House()
    story = await house.order(3)
    async with Stage(house, check_s=3600) as stage:
        reader, _ = stage.follow(story, 3)
        await reader.live_at.wait()
        house.feed.lose_next = 2
        await story.happen(2)
        house.feed.interrupt()
        await reader.reaches(5)
    assert reader.seen == [4, 5]


async def test_a_lost_announcement_is_also_noticed_by_the_next_one() -> None:
    house = House()
    story = await house.order(3)
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 3)
        await reader.live_at.wait()
        house.feed.lose_next = 1
        await story.happen(2)
        await reader.reaches(5)
    assert reader.seen == [4, 5]


async def test_a_slow_reader_loses_its_backlog_and_nothing_else() -> None:
    house = House()
    story = await house.order(2)
    gate = asyncio.Event()

    async def slow(now: str) -> None:
        if now == "before events":
            await gate.wait()

    async with Stage(house, moment=slow) as stage:
        reader, _ = stage.follow(story, 2, backlog=Backlog(3, 2**18))
        await reader.live_at.wait()
        await story.happen(40)
        for _ in range(50):
            await asyncio.sleep(0)
        assert stage.figure("orders_tracking_backlogs_dropped_total") >= 1
        gate.set()
        await reader.reaches(42)
    assert reader.seen == list(range(3, 43))


async def test_a_store_that_is_away_only_delays_a_reader() -> None:
    house = House()
    story = await house.order(2)
    async with Stage(house) as stage:
        reader, follower = stage.follow(story, 2)
        await reader.live_at.wait()
        stage.failures = [StoreUnavailable("MongoDB is away")]
        house.feed.lose_next = 1
        await story.happen()
        follower.fall_behind()
        await reader.reaches(3)
    assert reader.seen == [3]


async def test_a_store_that_is_away_at_the_beginning_is_told() -> None:
    house = House()
    story = await house.order(2)
    async with Stage(house) as stage:
        stage.failures = [StoreUnavailable("MongoDB is away")]
        reader, _ = stage.follow(story, 2)
        async with asyncio.timeout(3), reader.changed:
            await reader.changed.wait_for(lambda: bool(reader.frames))
    assert reader.frames == ["StoreUnavailable"]


async def test_a_new_epoch_resets_a_reader() -> None:
    house = House()
    story = await house.order(5)
    async with Stage(house, check_s=0.05) as stage:
        reader, _ = stage.follow(story, 5)
        await reader.live_at.wait()
        story.new_epoch(3)
        await reader.reaches(3)
        await story.happen()
        await reader.reaches(4)
    assert reader.frames == ["resumed", "live", "reset", "live"]
    assert reader.seen == [-3, 4]


async def test_a_view_that_is_merely_late_does_not_set_its_reader_back() -> None:
    house = House()
    story = await house.order(3)
    late = house.views.views[story.order_id]
    await story.happen()
    async with Stage(house, check_s=3600) as stage:
        reader, follower = stage.follow(story, 3)
        await reader.reaches(4)
        house.views.views[story.order_id] = late
        follower.compare(Position(epoch=1, sequence=3))
        follower.fall_behind()
        await asyncio.sleep(0.01)
        assert reader.frames == ["resumed", "live"]
        follower.compare(Position(epoch=1, sequence=3))
        await reader.reaches(3)
    assert reader.frames == ["resumed", "live", "reset", "live"]


async def test_a_hole_in_the_log_is_filled_from_the_workflow() -> None:
    house = House()
    story = await house.order(6)
    del house.log.events[f"{story.order_id}:1:4"]
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 2)
        await reader.live_at.wait()
    assert reader.seen == [3, 4, 5, 6]


async def test_a_hole_that_nobody_can_fill_is_a_reset() -> None:
    house = House()
    story = await house.order(6)
    del house.log.events[f"{story.order_id}:1:4"]
    del house.queries.events[story.order_id]
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 2)
        await reader.live_at.wait()
    assert (reader.frames, reader.seen) == (["reset", "live"], [-6])


async def test_without_the_live_feed_the_position_check_does_its_work() -> None:
    house = House()
    story = await house.order(2)

    async def deaf(now: str) -> None:
        if now == "before add":
            message = "Redis did not confirm"
            raise StoreUnavailable(message)

    async with Stage(house, moment=deaf, check_s=0.05) as stage:
        reader, _ = stage.follow(story, 2)
        await reader.live_at.wait()
        await story.happen(2)
        await reader.reaches(4)
    assert reader.seen == [3, 4]


async def test_a_check_that_fails_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "CHECK_AGAIN_S", 0.01)
    house = House()
    story = await house.order(2)
    async with Stage(house) as stage:
        reader, _ = stage.follow(story, 2)
        await reader.live_at.wait()
        stage.failures = [StoreUnavailable("MongoDB is away")]
        house.feed.lose_next = 1
        await story.happen()
        house.feed.interrupt()
        await reader.reaches(3)
    assert reader.seen == [3]
