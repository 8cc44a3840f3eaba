"""Two hundred buyers at once and one hundred units: exactly one hundred are sold."""

import asyncio
import time
from collections import Counter
from functools import partial
from itertools import cycle, islice
from secrets import token_hex

from adapters.mongo.inventory import MongoInventory
from domain.catalogue import Product, StockLevel
from domain.wire import to_json
from workers.bench.bed import SKUS, Bed, in_flight, new_customer
from workers.bench.figures import Outcome, Row, Verdict

NAME = "hot-sku"
BUYERS, UNITS = 200, 100
SOLD, SOLD_OUT = 201, 409
WITHIN_S = 120.0
REFERENCE_ORDERS = 60


async def measure(bed: Bed) -> Outcome:
    """Let all buyers order at the same moment.

    Raises:
        BenchFailed: an order of the reference was not placed.
        TimeoutError: some buyer had no answer within the time.
    """
    usual = await _usual_rate(bed)
    sku = await _new_product(bed)
    came_again, began = bed.came_again, time.perf_counter()
    async with asyncio.timeout(WITHIN_S):
        buying = [partial(_buy, bed, sku) for _ in range(BUYERS)]
        answers = await in_flight(BUYERS, buying)
    wall_s = time.perf_counter() - began
    statuses = Counter(status for status, _ in answers)
    orders = {order_id for status, order_id in answers if status == SOLD}
    left = (await bed.stack.api("GET", f"/products/{sku}")).json()["available"]
    right = statuses == {SOLD: UNITS, SOLD_OUT: BUYERS - UNITS} and len(orders) == UNITS
    row = Row(
        what=f"{BUYERS} buyers at once, {UNITS} units",
        figure=f"{len(orders)} sold, {statuses[SOLD_OUT]} refused, {left} left, {wall_s:.1f} s",
        beside=f"{BUYERS / wall_s:.0f} answers/s; {usual:.0f} orders/s of ten SKUs",
        target=f"exactly {UNITS} sold",
        verdict=Verdict.MET if right and left == 0 else Verdict.MISSED,
    )
    figures = {
        "buyers": BUYERS,
        "units": UNITS,
        "answers": {str(status): count for status, count in sorted(statuses.items())},
        "sold": len(orders),
        "left": left,
        "wall_s": round(wall_s, 2),
        "answers_per_s": round(BUYERS / wall_s, 1),
        "told_to_come_again": bed.came_again - came_again,
        "orders_per_s_of_ten_skus": round(usual, 1),
    }
    return Outcome(name=NAME, rows=(row,), figures=figures)


async def _buy(bed: Bed, sku: str) -> tuple[int, str]:
    status, answer = await bed.order(new_customer(), sku)
    return status, str(answer.get("order_id", ""))


async def _usual_rate(bed: Bed) -> float:
    """Return orders per second when nobody wants the same, all of them at once."""
    began = time.perf_counter()
    placing = [partial(bed.place, new_customer(), sku) for sku in _in_turn(REFERENCE_ORDERS)]
    await in_flight(REFERENCE_ORDERS, placing)
    return REFERENCE_ORDERS / (time.perf_counter() - began)


def _in_turn(count: int) -> list[str]:
    return list(islice(cycle(SKUS), count))


async def _new_product(bed: Bed) -> str:
    """Put a product of its own into one warehouse; return its SKU."""
    sku = f"HOT-{token_hex(4).upper()}"
    product = Product(
        sku=sku, name="Clay lamp", price_paise=100_00, gst_rate=5, hsn="6912", weight_g=200,
        description="Everybody wants one.",
    )  # fmt: skip
    document = to_json(product)
    await bed.database["products"].insert_one({**document, "_id": document.pop("sku")})
    level = StockLevel(sku=sku, warehouse="PNQ", available=UNITS)
    await MongoInventory(bed.database).receive(token_hex(8), [level])
    return sku
