from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from consumers.contract import NotYet
from consumers.order_view import CONTRACT
from domain.events import OrderEvent
from domain.wire import dump_event
from lambdas import consumer
from lambdas.consumer import ConsumerFunction, Misconfigured, function_in
from tests.consumers.doubles import World
from tests.consumers.orders import log_of, new_order_id
from tests.lambdas.builds import failed_ids, queue_event


class Picky:
    """Wants the first event of an order before any other."""

    def __init__(self) -> None:
        self.handled: list[int] = []

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        for event in events:
            if event.sequence > 1 and 1 not in self.handled:
                message = f"{event.id} is early"
                raise NotYet(message)
            self.handled.append(event.sequence)


class Left:
    """An invocation with so much time left."""

    def __init__(self, milliseconds: int) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@pytest.fixture
def picky() -> Picky:
    return Picky()


@pytest.fixture
def function(picky: Picky) -> Iterator[ConsumerFunction]:
    contract = replace(CONTRACT, name="picky", queue="picky")
    function = ConsumerFunction(contract, picky, World().ports())
    yield function
    function.close()


def test_an_early_event_is_kept_and_handled_when_its_order_moves(
    function: ConsumerFunction, picky: Picky
) -> None:
    first, second = map(dump_event, log_of(new_order_id(), 2))
    assert failed_ids(function.handle(queue_event(second), Left(5000))) == []
    assert picky.handled == []
    assert failed_ids(function.handle(queue_event(first), Left(5000))) == []
    assert picky.handled == [1, 2]


def test_an_invocation_that_is_nearly_over_begins_nothing(
    function: ConsumerFunction, picky: Picky
) -> None:
    [first] = map(dump_event, log_of(new_order_id(), 1))
    assert failed_ids(function.handle(queue_event(first), Left(300))) == ["0"]
    assert picky.handled == []


def test_without_a_context_the_queues_visibility_is_the_limit(
    function: ConsumerFunction, picky: Picky
) -> None:
    [first] = map(dump_event, log_of(new_order_id(), 1))
    assert failed_ids(function.handle(queue_event(first), None)) == []
    assert picky.handled == [1]


def test_a_function_is_made_once_and_kept(
    function: ConsumerFunction, picky: Picky, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def make(env: object) -> ConsumerFunction:
        made.append(env)
        return function

    monkeypatch.setattr(consumer, "_function", None)
    monkeypatch.setattr(consumer, "function_in", make)
    for event in log_of(new_order_id(), 2):
        consumer.handle(queue_event(dump_event(event)), Left(5000))
    assert picky.handled == [1, 2]
    assert len(made) == 1


@pytest.mark.parametrize("name", ["", "order_view", "os"])
def test_only_a_consumers_module_is_taken(name: str) -> None:
    with pytest.raises(Misconfigured, match="set it to a consumer's module"):
        function_in({"ORDERS_CONSUMER": name})
