"""Many parcels at once, under faults and cancellations: what must hold at the end."""

import asyncio
import random
from collections import Counter

import httpx

from sandbox.courier.movement.journeys import SCRIPTS
from tests.sandbox.courier.seller import Seller, WebhookReceiver, order_form, selling, until

PARCELS = 60
OPENING_PAISE = 1_000_000_00
ENDS = {7, 8, 10, 12, 24, 25}


async def insist(seller: Seller, path: str, body: dict[str, object]) -> httpx.Response:
    """Call until an answer arrives that is not the network's or the server's fault."""
    while True:
        try:
            answer = await seller.post(path, body)
        except httpx.TransportError:
            continue
        if answer.status_code < 429:
            return answer


async def ship(seller: Seller, dice: random.Random) -> str:
    """Create, book and dispatch one parcel, as a careful seller would; returns its AWB."""
    form = order_form(payment_method=dice.choice(["COD", "Prepaid"]))
    order = (await insist(seller, "/orders/create/adhoc", form)).json()
    await insist(seller, "/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    while True:
        answer = await insist(seller, "/orders/create/adhoc", form)
        if answer.json()["awb_code"]:
            break
        await insist(seller, "/courier/assign/awb", {"shipment_id": order["shipment_id"]})
    awb: str = answer.json()["awb_code"]
    await seller.script(dice.choice(SCRIPTS), 0.02, awb=awb)
    await insist(seller, "/courier/generate/pickup", {"shipment_id": [order["shipment_id"]]})
    if dice.random() < 0.3:
        await asyncio.sleep(dice.random() * 0.1)
        await insist(seller, "/orders/cancel/shipment/awbs", {"awbs": [awb]})
    return awb


async def finish(seller: Seller) -> list[dict[str, object]]:
    """Let everything come to its end, answering for customers who are waited for."""
    deadline = asyncio.get_running_loop().time() + 20
    while True:
        parcels: list[dict[str, object]] = (await seller.state())["parcels"]
        if all(one["shipment_status"] in ENDS for one in parcels):
            return parcels
        assert asyncio.get_running_loop().time() < deadline, parcels
        for one in parcels:
            if one["shipment_status"] == 21 and not one["remaining"]:
                action: dict[str, object] = {"action": "re-attempt", "comments": "at home now"}
                await insist(seller, f"/ndr/{one['awb']}/action", action)
        await asyncio.sleep(0.1)


async def test_every_parcel_comes_to_an_end_and_the_wallet_adds_up(
    own_receiver: WebhookReceiver,
) -> None:
    dice = random.Random(20261123)
    async with selling(own_receiver) as seller:
        await seller.faults(
            seed=7,
            http={"lost_answer": 0.1, "error_500": 0.1, "html_502": 0.1, "only": "POST /v1/*"},
            webhooks={"loss": 0.3, "duplicate": 0.3, "reorder": 0.3, "backwards": 0.2},
        )
        awbs = await asyncio.gather(*(ship(seller, dice) for _ in range(PARCELS)))
        parcels = await finish(seller)
        state = await seller.state()

        assert len(parcels) == len(set(awbs)) == PARCELS
        spent: Counter[str] = Counter()
        for entry in state["wallet"]["entries"]:
            spent[entry["awb"]] -= entry["amount_paise"]
        assert {one["awb"]: one["charged_paise"] for one in parcels} == {
            awb: spent[awb] for awb in awbs
        }
        assert state["wallet"]["balance_paise"] == OPENING_PAISE - spent.total()
        for one in parcels:
            tracked = await seller.track(str(one["awb"]))
            assert tracked["shipment_track_activities"][0]["sr-status"] == str(
                tracked["shipment_status"]
            )
        sent = sum(1 for one in state["webhooks_sent"] if one["status"] == 200)
        await until(lambda: len(own_receiver.received) >= sent)
        endings = Counter(one["shipment_status"] for one in parcels)
        assert {7, 10, 12, 25} <= set(endings), endings
