"""Any consumer as a function behind an SQS event source with `ReportBatchItemFailures`.

Environment: `ORDERS_CONSUMER`, the module of the consumer (such as `consumers.order_view`), and
the addresses of what that consumer uses. Loops that repair and sweep are left to a server, for a
function sleeps between two batches; what came too early is looked after at the end of a batch.
"""

import asyncio
import contextlib
import importlib
import os
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from consumers.batch import Planner, planner
from consumers.contract import Consumer, ConsumerContract
from consumers.needs import ConsumerPorts
from consumers.parking import Parking
from domain.errors import ServiceUnavailable
from domain.ports import QueueMessage
from lambdas.consumer_ports import LazyPorts
from lambdas.partial_batch import Json, answer, failed_in, read_messages

VARIABLE: Final = "ORDERS_CONSUMER"
TIME_TO_ANSWER_S: Final = 0.5
"""Kept back from the invocation's time: what is unfinished then is told, instead of lost."""
LOOK_EVERY_S: Final = 2.0
LOOK_WITHIN_S: Final = 1.0
"""How often, and at most how long, a batch's end is used for events that came too early."""


class Misconfigured(Exception):
    """The function does not know which consumer it is; says which variable to set."""


class Context(Protocol):
    """What the runtime says of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the runtime ends the invocation."""
        ...


class ConsumerFunction:
    """One consumer with its connections and the event loop they live on, kept while warm."""

    def __init__(self, contract: ConsumerContract, built: Consumer, ports: ConsumerPorts) -> None:
        """Answer for this consumer; what subscribes to topics gets a place for early events."""
        self.contract = contract
        self._parking = _parking(contract, built, ports) if contract.from_topics else None
        self._plan: Planner = planner(contract, self._parking or built, clock=ports.clock)
        self._loop = asyncio.Runner()
        self._looked_at = 0.0

    def handle(self, event: object, context: Context | None) -> Json:
        """Handle one batch; name the messages that shall come again.

        Raises:
            Malformed: the event is not from an SQS event source; the whole batch comes again.
        """
        messages = read_messages(event)
        until = time.monotonic() + self._time_s(context)
        failed = self._loop.run(self._handle(messages, until))
        return answer(failed)

    def close(self) -> None:
        """End the event loop."""
        self._loop.close()

    async def _handle(self, messages: Sequence[QueueMessage], until: float) -> list[str]:
        failed = await failed_in(self._plan(messages), within_s=until - time.monotonic())
        if self._parking is not None and time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            await _look(self._parking, min(LOOK_WITHIN_S, until - time.monotonic()))
        return failed

    def _time_s(self, context: Context | None) -> float:
        if context is None:
            return float(self.contract.visibility_s)
        return context.get_remaining_time_in_millis() / 1000 - TIME_TO_ANSWER_S


async def _look(parking: Parking, within_s: float) -> None:
    """Hand over early events whose time has come; the next batch goes on where this one stopped."""
    with contextlib.suppress(TimeoutError, ServiceUnavailable):
        async with asyncio.timeout(max(0.0, within_s)):
            await parking.look()


def _parking(contract: ConsumerContract, built: Consumer, ports: ConsumerPorts) -> Parking:
    return Parking(
        name=contract.name,
        consumer=built,  # type: ignore[arg-type]  # the planner refuses one without handle(events)
        parked=ports.parked,
        clock=ports.clock,
        metrics=ports.metrics,
    )


def function_in(env: Mapping[str, str]) -> ConsumerFunction:
    """Return the function that the environment describes, with drivers loaded, nothing dialled.

    Raises:
        Misconfigured: it names no consumer.
        SettingsError: an address is missing or wrong.
    """
    name = env.get(VARIABLE, "")
    if not name.startswith("consumers."):
        message = f"{VARIABLE} is {name!r}: set it to a consumer's module, consumers.<name>"
        raise Misconfigured(message)
    return function_of(name, LazyPorts(env))


def function_of(module: str, ports: LazyPorts) -> ConsumerFunction:
    """Return the function of a consumer's module over these ports."""
    found = importlib.import_module(module)
    taken = ports.as_ports()
    return ConsumerFunction(found.CONTRACT, found.build(taken), taken)


def handle(event: object, context: Context) -> Json:
    """Handle one batch of the consumer that the environment names."""
    global _function  # noqa: PLW0603 - what is warm lives as long as the process
    if _function is None:
        _function = function_in(os.environ)
    return _function.handle(event, context)


_function: ConsumerFunction | None = None
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Drivers are loaded while the runtime initialises, at full CPU; connections wait for a batch.
    _function = function_in(os.environ)
