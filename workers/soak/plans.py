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
TWO_PARCELS, WITH_COUPON, CANCELS, CANCELS_UNITS, REPEATS = 0.1, 0.15, 0.14, 0.14, 0.1
DISPUTED = 0.08
"""How often."""


class Paying(StrEnum):
    """What the customer does about the money."""

    HANDS_OVER = "hands_over"
    CLOSES_BROWSER = "closes_browser"
    FAILS_FIRST = "fails_first"
    WALKS_AWAY = "walks_away"
    PAYS_LATE = "pays_late"
    PAYS_TWICE = "pays_twice"
    AT_THE_DOOR = "at_the_door"


class Dispute(StrEnum):
    """How the customer's bank decides about a dispute."""

    WON = "won"
    LOST = "lost"


class Journey(StrEnum):
    """What the courier does with the parcel."""

    HAPPY = "happy"
    NOT_AT_HOME = "not_at_home"
    RTO = "rto"
    LOST = "lost"


PAYING = {
    Paying.HANDS_OVER: 28,
    Paying.CLOSES_BROWSER: 16,
    Paying.FAILS_FIRST: 10,
    Paying.WALKS_AWAY: 8,
    Paying.PAYS_LATE: 6,
    Paying.PAYS_TWICE: 4,
    Paying.AT_THE_DOOR: 28,
}
DISPUTING = (Paying.HANDS_OVER, Paying.CLOSES_BROWSER, Paying.FAILS_FIRST)
"""Who may dispute: customers with one captured payment and no cancellation of their own."""
JOURNEYS = {Journey.HAPPY: 76, Journey.NOT_AT_HOME: 8, Journey.RTO: 8, Journey.LOST: 8}
"""How many of a hundred orders, about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One order of a soak. `cancels_units` are the only ones to be cancelled; none means all."""

    number: int
    customer: str
    key: str
    items: tuple[tuple[str, int], ...]
    address: dict[str, str]
    paying: Paying
    journey: Journey
    coupon: str | None
    cancels_after_s: float | None
    cancels_units: tuple[tuple[str, int], ...]
    dispute: Dispute | None
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

    def cancellation(self) -> dict[str, Any]:
        """Return the body of `POST /orders/{id}/cancel`."""
        lines = [{"sku": sku, "quantity": quantity} for sku, quantity in self.cancels_units]
        return {"reason": "soak: changed my mind"} | ({"lines": lines} if lines else {})


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
    cancels, units = _cancellation(dice, items)
    disputes = paying in DISPUTING and cancels is None and dice.random() < DISPUTED
    return Plan(
        number=number,
        customer=f"soak_{run}_{number:04}",
        key=f"{run}-{number:04}",
        items=items,
        address=dice.choice((PUNE, MYSURU)),
        paying=paying,
        journey=_choose(dice, JOURNEYS),
        coupon=COUPON if dice.random() < WITH_COUPON else None,
        cancels_after_s=cancels,
        cancels_units=units,
        dispute=dice.choice(tuple(Dispute)) if disputes else None,
        repeats_checkout=dice.random() < REPEATS,
    )


def _cancellation(
    dice: random.Random, items: tuple[tuple[str, int], ...]
) -> tuple[float | None, tuple[tuple[str, int], ...]]:
    """Return after how long, and which units; part of an order only where there are several."""
    chance, after_s = dice.random(), dice.uniform(0, LONGEST_CANCEL_S)
    sku, quantity = dice.choice(items)
    if chance < CANCELS:
        return after_s, ()
    if chance < CANCELS + CANCELS_UNITS and sum(each for _, each in items) > 1:
        return after_s, ((sku, dice.randint(1, quantity)),)
    return None, ()


def _choose(dice: random.Random, weights: dict[Any, int]) -> Any:
    return dice.choices(list(weights), list(weights.values()))[0]
