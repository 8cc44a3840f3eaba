from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.events import EventActivities, PublishEventsInput
from domain.errors import PublishIncomplete, StoreUnavailable
from domain.events import OrderEvent
from domain.ports import NO_FACTS, Position
from tests.domain.journeys import journey
from tests.domain.orders import ORDER_ID
from tests.fakes.aws import FakeEventPublisher
from tests.fakes.keys import FakeOrderArchive
from tests.fakes.views import FakeOrderHeads

LATER = datetime(2100, 1, 1, tzinfo=UTC)
EVENTS = tuple(journey(5, steps=10).events)


Diary = list[str]
"""The order in which heads and topics hear of events."""


class WatchedHeads(FakeOrderHeads):
    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self.diary = diary
        self.failure: Exception | None = None

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        self.diary.append(f"head {position}")
        if self.failure:
            raise self.failure
        await super().advance(order_id, position, at, digests)


class WatchedPublisher(FakeEventPublisher):
    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self.diary = diary

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        self.diary.append(f"publish {len(events)}")
        await super().publish(events)


class Stage:
    """The activities of events on watched fakes."""

    def __init__(self) -> None:
        self.diary: Diary = []
        self.heads = WatchedHeads(self.diary)
        self.publisher = WatchedPublisher(self.diary)
        self.archive = FakeOrderArchive()
        self.activities = EventActivities(self.publisher, self.heads, self.archive)

    async def publish(self, *events: OrderEvent) -> None:
        await ActivityEnvironment().run(
            self.activities.publish_events, PublishEventsInput(events=events)
        )


async def test_the_head_is_recorded_before_anything_leaves() -> None:
    stage = Stage()
    await stage.publish(*EVENTS)
    assert stage.diary == [f"head 1:{len(EVENTS)}", f"publish {len(EVENTS)}"]
    assert stage.publisher.published == list(EVENTS)
    assert await stage.heads.behind(LATER, 9) == [ORDER_ID]


async def test_nothing_leaves_without_a_recorded_head() -> None:
    stage = Stage()
    stage.heads.failure = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        await stage.publish(*EVENTS)
    assert stage.publisher.published == []


async def test_what_could_not_be_published_is_known_as_a_lost_tail() -> None:
    stage = Stage()
    stage.publisher.fail("publish", PublishIncomplete("2 of 3"))
    with pytest.raises(PublishIncomplete):
        await stage.publish(*EVENTS)
    assert len(await stage.heads.behind(LATER, 9)) == 1


async def test_a_repeat_publishes_the_same_ids_and_never_moves_the_head_back() -> None:
    stage = Stage()
    await stage.publish(*EVENTS)
    await stage.publish(*EVENTS[:2])
    assert {event.id for event in stage.publisher.published} == {event.id for event in EVENTS}
    await stage.heads.caught_up(ORDER_ID, Position.of(EVENTS[-1]))
    assert await stage.heads.behind(LATER, 9) == []


async def test_another_story_under_published_ids_is_refused_and_does_not_leave() -> None:
    stage = Stage()
    await stage.publish(*EVENTS)
    other = replace(EVENTS[-1], data=replace(EVENTS[-1].data, customer_id="cus_other"))
    with pytest.raises(ApplicationError) as refused:
        await stage.publish(other)
    assert refused.value.type == "LogDiverged"
    assert refused.value.non_retryable
    assert stage.publisher.published == list(EVENTS)


async def test_a_finished_order_is_stored_whole() -> None:
    stage, state = Stage(), journey(8, steps=30)
    await ActivityEnvironment().run(stage.activities.archive_order, state)
    assert await stage.archive.load(state.order_id) == state
