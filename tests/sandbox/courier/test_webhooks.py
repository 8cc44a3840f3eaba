import asyncio

import pytest

from tests.sandbox.courier.seller import TOKEN, Seller, WebhookReceiver, selling, until

HAPPY = [3, 42, 6, 18, 17, 7]


async def delivered(seller: Seller) -> str:
    awb: str = (await seller.dispatched())["awb_code"]
    await seller.advance(awb, "delivered")
    return awb


async def told(seller: Seller, awb: str) -> list[int]:
    """The statuses that were sent of a parcel, from the sandbox's own record."""
    sent = (await seller.state())["webhooks_sent"]
    return [one["shipment_status_id"] for one in sent if one["awb"] == awb]


async def test_lost_webhooks_never_come_and_tracking_still_tells_the_truth(
    seller: Seller,
) -> None:
    await seller.faults(webhooks={"loss": 1})
    awb = await delivered(seller)
    assert (await seller.track(awb))["shipment_status"] == 7
    assert await told(seller, awb) == []


async def test_some_webhooks_are_lost_by_pattern(seller: Seller) -> None:
    await seller.faults(webhooks={"loss": 1, "only": "delivered"})
    awb = await delivered(seller)
    await seller.receiver.wait_for(awb, 17)
    assert await told(seller, awb) == HAPPY[:-1]


async def test_doubled_webhooks_are_equal_to_the_byte(seller: Seller) -> None:
    await seller.faults(webhooks={"duplicate": 1})
    awb = await delivered(seller)
    await until(lambda: len(seller.receiver.of(awb)) == 12)
    assert seller.receiver.statuses(awb) == [one for one in HAPPY for _ in range(2)]
    bodies = seller.receiver.of(awb)
    assert bodies[::2] == bodies[1::2]


async def test_reordered_webhooks_arrive_after_newer_ones(seller: Seller) -> None:
    data = await seller.dispatched()
    awb = data["awb_code"]
    await seller.receiver.wait_for(awb, 3)
    await seller.faults(webhooks={"reorder": 1, "limit": 1})
    await seller.advance(awb, "delivered")
    await until(lambda: len(seller.receiver.of(awb)) == 6)
    assert seller.receiver.statuses(awb) == [3, 6, 18, 17, 7, 42]


async def test_delayed_webhooks_wait_for_the_clock(seller: Seller) -> None:
    await seller.faults(webhooks={"delay_s": 600})
    awb = await delivered(seller)
    assert await told(seller, awb) == []
    await seller.pass_time(601)
    await seller.receiver.wait_for(awb, 7)
    assert seller.receiver.statuses(awb) == HAPPY


async def test_a_backwards_step_tells_an_older_state_after_a_newer(seller: Seller) -> None:
    await seller.faults(webhooks={"backwards": 1}, seed=3)
    awb = await delivered(seller)
    await until(lambda: len(seller.receiver.of(awb)) == 11)
    statuses = seller.receiver.statuses(awb)
    assert sorted(statuses) == sorted(HAPPY + HAPPY[:-1])
    assert statuses.index(3, 1) > statuses.index(42)
    assert (await seller.track(awb))["shipment_status"] == 7


async def test_a_wrong_key_is_sent_by_switch(seller: Seller) -> None:
    await seller.faults(webhooks={"wrong_signature": 1})
    awb = (await seller.dispatched())["awb_code"]
    await seller.receiver.wait_for(awb, 3)
    index = next(i for i, body in enumerate(seller.receiver.received) if body["awb"] == awb)
    assert seller.receiver.keys[index] not in {TOKEN, ""}


async def test_a_refused_webhook_is_tried_again(own_receiver: WebhookReceiver) -> None:
    async with selling(own_receiver) as seller:
        own_receiver.answer_status = 503
        awb = (await seller.dispatched())["awb_code"]
        await own_receiver.wait_for(awb, 3)
        own_receiver.answer_status = 200
        await until(lambda: own_receiver.statuses(awb) == [3, 3])


async def test_only_exactly_200_counts_and_newer_news_replaces_older(
    own_receiver: WebhookReceiver,
) -> None:
    async with selling(own_receiver) as seller:
        own_receiver.answer_status = 202
        awb = (await seller.dispatched())["awb_code"]
        await own_receiver.wait_for(awb, 3)
        own_receiver.answer_status = 200
        await seller.advance(awb, "delivered")
        await own_receiver.wait_for(awb, 7)
        statuses = own_receiver.statuses(awb)
    assert statuses == sorted(statuses, key=HAPPY.index)


async def test_parcels_do_not_wait_for_one_anothers_webhooks(seller: Seller) -> None:
    awbs = [(await seller.dispatched())["awb_code"] for _ in range(20)]
    await asyncio.gather(*(seller.advance(awb, "delivered") for awb in awbs))
    for awb in awbs:
        await seller.receiver.wait_for(awb, 7)
        assert seller.receiver.statuses(awb) == HAPPY


async def test_without_an_address_nothing_is_sent(own_receiver: WebhookReceiver) -> None:
    async with selling(own_receiver, webhook_url=None) as seller:
        awb = await delivered(seller)
        assert (await seller.track(awb))["shipment_status"] == 7
        assert await told(seller, awb) == []


@pytest.mark.parametrize("value", [2, -0.1, "often", True])
async def test_a_backwards_probability_must_be_one(seller: Seller, value: object) -> None:
    answer = await seller.http.put("/_control/faults", json={"webhooks": {"backwards": value}})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "webhooks.backwards"
