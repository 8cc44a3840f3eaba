"""From a transition in the workflow to its frame at a customer's WebSocket, unloaded."""

import asyncio
from collections import defaultdict
from functools import partial
from statistics import median

from domain.events import EventType
from workers.bench.bed import SKUS, Bed, new_customer, until
from workers.bench.figures import Outcome, Row, at_most, percentile, spread
from workers.bench.frames import Arrival, Watcher, watching
from workers.bench.hop import hop_milliseconds

NAME = "tracking"
LIMIT_MS = 250.0
ORDERS = 20
EVERY_S = 1.0
"""A new order as often as this: about ten are on their way at a time, none waits for another."""

RIDERS = frozenset({EventType.NOTIFICATION_SENT.value})
"""News that nobody waits for: held back by design until the next event goes out."""


async def measure(bed: Bed) -> Outcome:
    """Follow orders from checkout to delivery; time each event from its `time` to its frame.

    Raises:
        BenchFailed: an order was not delivered, or the service refused something.
    """
    hops = await hop_milliseconds(bed.stack.addresses["aws"])
    customer = new_customer()
    token = bed.stack.token(customer)
    async with watching(bed.stack.addresses["tracking"], token) as watcher:
        placed = [await _one_order(bed, watcher, customer, n) for n in range(ORDERS)]
        for order_id in placed:
            await until(partial(_delivered, watcher, order_id), f"{order_id} is seen delivered")
    return _outcome(watcher, hops)


async def _one_order(bed: Bed, watcher: Watcher, customer: str, number: int) -> str:
    placed = await bed.place(customer, SKUS[number % len(SKUS)])
    order_id: str = placed["order_id"]
    await watcher.follow(order_id)
    await asyncio.sleep(EVERY_S / 2)  # the page is open before the customer pays
    await bed.pay(placed)
    await asyncio.sleep(EVERY_S / 2)
    return order_id


async def _delivered(watcher: Watcher, order_id: str) -> bool:
    delivered = EventType.DELIVERY_DELIVERED.value
    return any(a.order_id == order_id and a.type == delivered for a in watcher.arrivals)


def _outcome(watcher: Watcher, hops: list[float]) -> Outcome:
    counted = [each for each in watcher.arrivals if each.type not in RIDERS]
    took = [each.milliseconds for each in counted]
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    row = Row(
        what=f"transition → frame, p99 of {len(took)} events",
        figure=f"{p99:.0f} ms (p50 {p50:.0f})",
        beside=f"one hop SNS → SQS: {median(hops):.0f} ms",
        target=f"≤ {LIMIT_MS:g} ms",
        verdict=at_most(p99, LIMIT_MS),
    )
    return Outcome(
        name=NAME,
        rows=(row,),
        figures={
            "orders": ORDERS,
            "transition_to_frame_ms": spread(took),
            "median_ms_by_type": _by_type(counted),
            "one_hop_sns_sqs_ms": spread(hops),
            "left_out": {
                "caught_up_on_subscribing": watcher.caught_up,
                "riding_with_a_later_event": len(watcher.arrivals) - len(counted),
            },
        },
    )


def _by_type(arrivals: list[Arrival]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for each in arrivals:
        found[each.type].append(each.milliseconds)
    return {name: round(median(samples), 1) for name, samples in found.items()}
