import dataclasses
from collections.abc import Awaitable, Callable, Sequence

import pytest

from consumers.needs import ConsumerPorts
from consumers.registry import ConsumerModule, discover
from domain.events import OrderEvent
from domain.ports import Position
from domain.view import fold
from tests.consumers.conformance import WAYS, Stage, judge
from tests.consumers.contracts import contract_like
from tests.consumers.orders import log_of, new_order_id

FED_BY_TOPICS = {name: found for name, found in discover().items() if found.contract.from_topics}
Way = Callable[[Stage], Awaitable[None]]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", FED_BY_TOPICS)
async def test_every_way_of_delivery_leaves_the_same_effects(name: str, way: Way) -> None:
    verdict = await judge(FED_BY_TOPICS[name], log_of(new_order_id(), 9), way)
    assert verdict.found == verdict.expected


class Careless:
    """Announces whatever it is given, and shows the last event as the truth."""

    def __init__(self, ports: ConsumerPorts) -> None:
        self._ports = ports

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        await self._ports.live.announce(events)
        for event in events:
            start = log_of(event.order_id, 1)[0]
            view = dataclasses.replace(fold(None, start), sequence=event.sequence)
            stored = await self._ports.views.get(event.order_id)
            await self._ports.views.save(view, expected=Position.of(stored) if stored else None)


WRONG = ConsumerModule(contract=contract_like(name="careless"), build=Careless)
HARMLESS_TO_IT = {"one_by_one", "beside_garbage_and_the_future"}


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.__name__ not in HARMLESS_TO_IT], ids=lambda w: w.__name__
)
async def test_a_careless_consumer_is_found_out(way: Way) -> None:
    verdict = await judge(WRONG, log_of(new_order_id(), 9), way)
    assert verdict.found != verdict.expected
