"""Snapshot, resume, live: over real sockets."""

from typing import Any

from domain.ports import Scope
from tests.fakes.samples import random_order_id
from tests.tracking.house import House, Story
from tests.tracking.serving import Client, serving


def since(story: Story, sequence: int) -> dict[str, Any]:
    return {"order_id": story.order_id, "since": {"epoch": 1, "sequence": sequence}}


async def caught_up(client: Client, house: House, wish: Any) -> Any:
    await client.hello(house.token(), wish)
    return await client.until_live()


async def test_a_new_reader_gets_a_snapshot_and_then_each_event_once() -> None:
    house = House()
    story = await house.order(3)
    async with serving(house) as running, running.connect() as client:
        assert client.socket.subprotocol == "orders.v1"
        caught = await caught_up(client, house, story.order_id)
        assert caught.mode == "snapshot"
        assert caught.verdict["head"] == caught.verdict["snapshot"]["sequence"] == 3
        assert caught.verdict["snapshot"]["order_id"] == story.order_id
        assert caught.sequences == []
        await story.happen(2)
        assert await client.sequences(2) == [4, 5]
        await client.silence()


async def test_a_reader_that_comes_back_gets_exactly_what_it_missed() -> None:
    house = House(events_per_frame=5)
    story = await house.order(20)
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, since(story, 7))
        assert caught.mode == "resumed"
        assert "snapshot" not in caught.verdict
        assert caught.sequences == list(range(8, 21))
        await story.happen()
        assert await client.sequences(1) == [21]


async def test_a_reader_at_the_head_has_missed_nothing() -> None:
    house = House()
    story = await house.order(4)
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, since(story, 4))
        assert (caught.mode, caught.sequences) == ("resumed", [])


async def test_a_reader_that_knows_nothing_may_ask_for_everything() -> None:
    house = House()
    story = await house.order(4)
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, since(story, 0))
        assert (caught.mode, caught.sequences) == ("resumed", [1, 2, 3, 4])


STRANGE: tuple[Any, ...] = (
    {"epoch": 1, "sequence": 5},
    {"epoch": 2, "sequence": 3},
    {"epoch": 0, "sequence": 3},
    {"epoch": 1, "sequence": -1},
    {"epoch": 1, "sequence": 2**53 + 1},
    {"epoch": 1, "sequence": "3"},
    {"epoch": 1, "sequence": 3.0},
    {"epoch": True, "sequence": 3},
    {"sequence": 3},
    "3",
    [],
    7,
)


async def test_a_position_that_makes_no_sense_is_answered_with_a_reset() -> None:
    house = House()
    async with serving(house) as running:
        for strange in STRANGE:
            story = await house.order(4)
            async with running.connect() as client:
                wish = {"order_id": story.order_id, "since": strange}
                caught = await caught_up(client, house, wish)
                assert caught.mode == "reset", strange
                assert caught.verdict["snapshot"]["sequence"] == 4
                await story.happen()
                assert await client.sequences(1) == [5]


async def test_who_missed_too_much_starts_over_from_a_snapshot() -> None:
    house = House()
    story = await house.order(1)
    await story.commit(*[story.emit() for _ in range(1001)])
    await story.fold()  # the log is read in runs of a thousand
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, since(story, 1))
        assert (caught.mode, caught.verdict["head"]) == ("reset", 1002)


async def test_unknown_foreign_and_malformed_orders_get_the_same_answer() -> None:
    house = House()
    foreign = await house.order(2, customer_id="cus_somebody_else")
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        answers = []
        for order_id in (foreign.order_id, random_order_id(), "../etc/passwd"):
            await client.send("subscribe", id="s", order_id=order_id)
            answer = await client.next("error")
            assert answer.pop("order_id") == order_id
            answers.append(answer)
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["code"] == "not_found"
        await foreign.happen()
        await client.silence()


async def test_ops_follow_any_order() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token("ops_ravi", scope=Scope.OPS), story.order_id)
        assert (await client.until_live()).mode == "snapshot"


async def test_an_order_that_the_view_has_not_heard_of_is_read_from_its_workflow() -> None:
    house = House()
    story = await house.order(2)
    house.views.views.clear()
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, story.order_id)
        assert (caught.mode, caught.verdict["head"]) == ("snapshot", 2)


async def test_a_customer_follows_all_orders_with_one_word() -> None:
    house = House()
    stories = [await house.order(2), await house.order(3)]
    await house.order(1, customer_id="cus_somebody_else")
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token())
        await client.send("subscribe", id="all", customer=True)
        frames = [await client.next_of("subscribed", "live") for _ in range(4)]
        verdicts = {f["order_id"]: f for f in frames if f["type"] == "subscribed"}
        assert verdicts.keys() == {story.order_id for story in stories}
        assert {f["id"] for f in verdicts.values()} == {"all"}
        await stories[1].happen()
        assert (await client.next("events"))["order_id"] == stories[1].order_id


async def test_a_repeated_subscription_gets_its_verdict_again_and_no_second_stream() -> None:
    house = House()
    story = await house.order(5)
    async with serving(house) as running, running.connect() as client:
        assert (await caught_up(client, house, since(story, 2))).sequences == [3, 4, 5]
        await client.send("subscribe", id=2, **since(story, 2))
        again = await client.until_live()
        assert (again.mode, again.verdict["id"], again.sequences) == ("resumed", 2, [])
        await story.happen()
        assert await client.sequences(1) == [6]
        await client.silence()


async def test_a_reader_that_noticed_a_gap_of_its_own_is_served_from_there() -> None:
    house = House()
    story = await house.order(5)
    async with serving(house) as running, running.connect() as client:
        await caught_up(client, house, since(story, 2))
        await client.send("subscribe", id=2, **since(story, 4))
        assert (await client.until_live()).sequences == [5]


async def test_an_unsubscribed_order_is_silent_and_its_channel_let_go() -> None:
    house = House()
    story = await house.order(2)
    subscription: Any = house.deps.subscription
    async with serving(house) as running, running.connect() as client:
        await caught_up(client, house, story.order_id)
        assert subscription.orders == {story.order_id}
        await client.send("unsubscribe", order_id=story.order_id)
        await client.silence()
        await story.happen()
        await client.silence()
        assert subscription.orders == set()


async def test_viewers_of_one_order_share_one_redis_subscription() -> None:
    house = House()
    story = await house.order(2)
    subscription: Any = house.deps.subscription
    async with serving(house) as running:
        async with running.connect() as first:
            await caught_up(first, house, story.order_id)
            async with running.connect() as second:
                await caught_up(second, house, story.order_id)
            assert subscription.orders == {story.order_id}
            await story.happen()
            assert await first.sequences(1) == [3]
        await first.socket.wait_closed()


async def test_fifty_orders_are_followed_and_the_next_is_refused() -> None:
    house = House(orders_per_connection=2)
    stories = [await house.order(1) for _ in range(3)]
    async with serving(house) as running, running.connect() as client:
        await client.hello(house.token(), stories[0].order_id, stories[1].order_id)
        await client.until_live()
        await client.until_live()
        await client.send("subscribe", id=3, order_id=stories[2].order_id)
        assert (await client.next("error"))["code"] == "too_many_orders"


async def test_what_ops_note_is_not_shown_to_customers() -> None:
    house = House()
    story = await house.order(2)
    async with serving(house) as running, running.connect() as client:
        caught = await caught_up(client, house, story.order_id)
        assert "attention" not in caught.verdict["snapshot"]
