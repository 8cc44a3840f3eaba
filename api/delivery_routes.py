"""What the courier says of a pincode, remembered for a while."""

import math
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from api.dependencies import RouteFinder
from domain.ports import Clock, RouteRequest
from domain.pricing import Route

FRESH_FOR: Final = timedelta(minutes=5)
SLAB_G: Final = 500
"""Couriers price and refuse by half kilograms."""
MOST_ROUTES: Final = 20_000

_Key = tuple[str, str, bool, int]


class RememberedRoutes:
    """Asks the courier once per way and weight slab, so that checkout seldom waits for it.

    Only answers are remembered, never failures.
    """

    def __init__(self, courier: RouteFinder, clock: Clock) -> None:
        self._courier = courier
        self._clock = clock
        self._known: OrderedDict[_Key, tuple[datetime, Route]] = OrderedDict()

    async def route(self, request: RouteRequest) -> Route:
        """Return a route that is at most five minutes old.

        Raises:
            CourierUnavailable: it is not known and the courier does not answer.
        """
        key = _key(request)
        known = self._known.get(key)
        if known and self._clock.now() - known[0] < FRESH_FOR:
            return known[1]
        route = await self._courier.route(request)
        self._known[key] = (self._clock.now(), route)
        self._known.move_to_end(key)
        if len(self._known) > MOST_ROUTES:
            self._known.popitem(last=False)
        return route


def _key(request: RouteRequest) -> _Key:
    slab = math.ceil(request.weight_g / SLAB_G)
    return (request.from_pincode, request.to_pincode, request.cod, slab)
