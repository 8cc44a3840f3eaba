"""What each customer of a soak will do: a pure function of the seed."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workers.demo.stories import MYSURU, PUNE

SKUS = (
    "BOTTLE-CU-1L", "COFFEE-FIL-500", "COOKER-SS-5L", "EARBUD-ANC-WHT", "KURTA-LIN-M",
    "LAMP-DESK-LED", "MAT-YOGA-6", "NOTEBOOK-A5-3", "SNEAKER-RUN-9", "TEE-BLK-M",
)  # fmt: skip
TWO_WAREHOUSES = ("QUILT-JPR-D", "SAREE-KAN-MAR")
COUPON = "WELCOME10"
LONGEST_CANCEL_S = 8.0
TWO_PARCELS, WITH_COUPON, CANCELS, REPEATS = 0.1, 0.15, 0.2, 0.1
"""How often."""


class Paying(StrEnum):
    """What the customer does about the money."""

    HANDS_OVER = "hands_over"
    CLOSES_BROWSER = "closes_browser"
    FAILS_FIRST = "fails_first"
    WALKS_AWAY = "walks_away"
    PAYS_LATE = "pays_late"
    AT_THE_DOOR = "at_the_door"


class Journey(StrEnum):
    """What the courier does with the parcel."""

    HAPPY = "happy"
    NOT_AT_HOME = "not_at_home"
    RTO = "rto"
    LOST = "lost"


PAYING = {
    Paying.HANDS_OVER: 30,
    Paying.CLOSES_BROWSER: 18,
    Paying.FAILS_FIRST: 10,
    Paying.WALKS_AWAY: 8,
    Paying.PAYS_LATE: 6,
    Paying.AT_THE_DOOR: 28,
}
JOURNEYS = {Journey.HAPPY: 76, Journey.NOT_AT_HOME: 8, Journey.RTO: 8, Journey.LOST: 8}
"""How many of a hundred orders, about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One order of a soak."""

    number: int
    customer: str
    key: str
    items: tuple[tuple[str, int], ...]
    address: dict[str, str]
    paying: Paying
    journey: Journey
    coupon: str | None
    cancels_after_s: float | None
    repeats_checkout: bool

    @property
    def prepaid(self) -> bool:
        """Tell whether the order is paid online."""
        return self.paying is not Paying.AT_THE_DOOR

    def body(self) -> dict[str, Any]:
        """Return the body of `POST /orders`."""
        return {
            "items": [{"sku": sku, "quantity": quantity} for sku, quantity in self.items],
            "customer": {
                "name": self.address["name"],
                "email": f"{self.customer}@example.com",
                "phone": self.address["phone"],
            },
            "shipping_address": self.address,
            "payment_method": "prepaid" if self.prepaid else "cod",
            "coupon": self.coupon,
        }


def plan_orders(count: int, seed: int, run: str) -> list[Plan]:
    """Return the plans of a seed; `run` keeps the customers of two runs apart."""
    dice = random.Random(seed)  # noqa: S311 - a soak must be repeatable
    return [_plan(number, dice, run) for number in range(1, count + 1)]


def _plan(number: int, dice: random.Random, run: str) -> Plan:
    paying = _choose(dice, PAYING)
    lines = dice.sample(SKUS, dice.choice((1, 1, 1, 2, 3)))
    items = tuple((sku, dice.randint(1, 2)) for sku in lines)
    # A quilt and a saree together are above the limit for cash.
    if dice.random() < TWO_PARCELS and paying is not Paying.AT_THE_DOOR:
        items = tuple((sku, 1) for sku in TWO_WAREHOUSES)
    return Plan(
        number=number,
        customer=f"soak_{run}_{number:04}",
        key=f"{run}-{number:04}",
        items=items,
        address=dice.choice((PUNE, MYSURU)),
        paying=paying,
        journey=_choose(dice, JOURNEYS),
        coupon=COUPON if dice.random() < WITH_COUPON else None,
        cancels_after_s=dice.uniform(0, LONGEST_CANCEL_S) if dice.random() < CANCELS else None,
        repeats_checkout=dice.random() < REPEATS,
    )


def _choose(dice: random.Random, weights: dict[Any, int]) -> Any:
    return dice.choices(list(weights), list(weights.values()))[0]
