"""Which courier goes where, for how much and how fast.

Pincodes decide everything:

- not six digits, or starting with 0 (000000) or 9 (army post, 999999): no courier at all;
- 18xxxx, 19xxxx, 737xxx, 744xxx, 78xxxx, 79xxxx: zone e, dear and slow;
- 19xxxx and 744xxx: no cash on delivery;
- everything else, from any serviceable pickup pincode, by every courier.

Zone a is the same city (three digits equal), b the same region (first digit equal), c metro to
metro, d the rest of India, e the hard-to-reach places above.
"""

import re
from dataclasses import dataclass
from math import ceil
from typing import Final

from sandbox.courier.wire.ist import DAY_S

METROS: Final = ("110", "400", "411", "500", "560", "600", "700")
REMOTE: Final = ("18", "19", "737", "744", "78", "79")
NO_CASH: Final = ("19", "744")
SLAB_KG: Final = 0.5
GST_ON_FREIGHT: Final = 18
_SERVED: Final = re.compile(r"[1-8][0-9]{5}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Courier:
    """One courier company of the aggregator.

    `slab_paise` is the price per half kilogram by zone a to e, `days` the promise by zone.
    """

    id: int
    name: str
    awb_prefix: str
    is_surface: bool
    slab_paise: tuple[int, int, int, int, int]
    days: tuple[int, int, int, int, int]
    takes_cash: bool
    cash_fee_paise: int
    cash_percent: float
    rating: float
    takes_returns: bool
    checks_quality: bool


COURIERS: Final = (
    Courier(
        id=43,
        name="Delhivery Surface",
        awb_prefix="1904",
        is_surface=True,
        slab_paise=(3200, 4100, 4900, 5400, 7900),
        days=(2, 3, 3, 4, 6),
        takes_cash=True,
        cash_fee_paise=3500,
        cash_percent=1.5,
        rating=4.9,
        takes_returns=True,
        checks_quality=True,
    ),
    Courier(
        id=1,
        name="Blue Dart",
        awb_prefix="7888",
        is_surface=False,
        slab_paise=(5200, 6400, 7300, 8100, 12400),
        days=(1, 2, 2, 2, 4),
        takes_cash=True,
        cash_fee_paise=4500,
        cash_percent=2.0,
        rating=4.7,
        takes_returns=False,
        checks_quality=False,
    ),
    Courier(
        id=51,
        name="Xpressbees Surface",
        awb_prefix="1411",
        is_surface=True,
        slab_paise=(2900, 3700, 4500, 5000, 7200),
        days=(3, 4, 4, 6, 8),
        takes_cash=True,
        cash_fee_paise=3000,
        cash_percent=1.5,
        rating=4.4,
        takes_returns=True,
        checks_quality=False,
    ),
    Courier(
        id=225,
        name="India Post-Business Parcel Surface Prepaid",
        awb_prefix="4400",
        is_surface=True,
        slab_paise=(3500, 4300, 5200, 6100, 6900),
        days=(4, 6, 7, 8, 10),
        takes_cash=False,
        cash_fee_paise=0,
        cash_percent=0.0,
        rating=4.1,
        takes_returns=False,
        checks_quality=False,
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What a courier is asked to carry. Money in paise, weight in kilograms."""

    pickup_pincode: str
    delivery_pincode: str
    weight_kg: float
    cash_paise: int | None = None
    is_return: bool = False
    wants_quality_check: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """One courier's offer for a route."""

    courier: Courier
    zone: str
    charged_weight_kg: float
    freight_paise: int
    cash_paise: int
    days: int

    @property
    def rate_paise(self) -> int:
        """All that the wallet pays when the AWB is assigned."""
        return self.freight_paise + self.cash_paise

    def promised_at(self, now: float) -> float:
        """Return the promised moment of delivery (unix seconds)."""
        return now + self.days * DAY_S


def is_served(pincode: str) -> bool:
    """Tell whether any courier goes to this pincode."""
    return _SERVED.fullmatch(pincode) is not None


def zone_of(pickup: str, delivery: str) -> str:
    """Return the zone letter, a to e, between two serviceable pincodes."""
    if pickup.startswith(REMOTE) or delivery.startswith(REMOTE):
        return "e"
    if pickup[:3] == delivery[:3]:
        return "a"
    if pickup[0] == delivery[0]:
        return "b"
    return "c" if pickup.startswith(METROS) and delivery.startswith(METROS) else "d"


def quotes(route: Route) -> list[Quote]:
    """Return the offers for a route, the recommended one first; empty if nobody goes there."""
    if not (is_served(route.pickup_pincode) and is_served(route.delivery_pincode)):
        return []
    if route.cash_paise is not None and route.delivery_pincode.startswith(NO_CASH):
        return []
    return [_quote(courier, route) for courier in COURIERS if _takes(courier, route)]


def _takes(courier: Courier, route: Route) -> bool:
    if route.cash_paise is not None and not courier.takes_cash:
        return False
    if route.wants_quality_check and not courier.checks_quality:
        return False
    return courier.takes_returns or not route.is_return


def _quote(courier: Courier, route: Route) -> Quote:
    zone = zone_of(route.pickup_pincode, route.delivery_pincode)
    index = "abcde".index(zone)
    slabs = max(1, ceil(route.weight_kg / SLAB_KG))
    cash = 0
    if route.cash_paise is not None:
        cash = max(courier.cash_fee_paise, round(route.cash_paise * courier.cash_percent / 100))
    return Quote(
        courier=courier,
        zone=f"z_{zone}",
        charged_weight_kg=slabs * SLAB_KG,
        freight_paise=_with_gst(courier.slab_paise[index] * slabs),
        cash_paise=cash,
        days=courier.days[index],
    )


def _with_gst(amount_paise: int) -> int:
    return round(amount_paise * (100 + GST_ON_FREIGHT) / 100)
