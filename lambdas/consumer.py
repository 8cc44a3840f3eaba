"""Any consumer as a function behind an SQS event source with `ReportBatchItemFailures`.

Environment: `ORDERS_CONSUMER`, the module of the consumer (such as `consumers.order_view`), and
the addresses of what that consumer uses. Its companions, loops that repair and sweep, are left to
a server: a function sleeps between two batches.
"""

import asyncio
import importlib
import os
from collections.abc import Mapping
from typing import Final, Protocol

from consumers.batch import Planner, planner
from consumers.contract import Consumer, ConsumerContract
from lambdas.consumer_ports import LazyPorts
from lambdas.partial_batch import Json, answer, failed_in, read_messages

VARIABLE: Final = "ORDERS_CONSUMER"
TIME_TO_ANSWER_S: Final = 0.5
"""Kept back from the invocation's time: what is unfinished then is told, instead of lost."""


class Misconfigured(Exception):
    """The function does not know which consumer it is; says which variable to set."""


class Context(Protocol):
    """What the runtime says of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the runtime ends the invocation."""
        ...


class ConsumerFunction:
    """One consumer with its connections and the event loop they live on, kept while warm."""

    def __init__(self, contract: ConsumerContract, consumer: Consumer) -> None:
        """Answer for this consumer."""
        self.contract = contract
        self._plan: Planner = planner(contract, consumer)
        self._loop = asyncio.Runner()

    def handle(self, event: object, context: Context | None) -> Json:
        """Handle one batch; name the messages that shall come again.

        Raises:
            Malformed: the event is not from an SQS event source; the whole batch comes again.
        """
        messages = read_messages(event)
        failed = self._loop.run(failed_in(self._plan(messages), within_s=_time_s(context, self)))
        return answer(failed)

    def close(self) -> None:
        """End the event loop."""
        self._loop.close()


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
    module = importlib.import_module(name)
    contract: ConsumerContract = module.CONTRACT
    return ConsumerFunction(contract, module.build(LazyPorts(env).as_ports()))


def handle(event: object, context: Context) -> Json:
    """Handle one batch of the consumer that the environment names."""
    global _function  # noqa: PLW0603 - what is warm lives as long as the process
    if _function is None:
        _function = function_in(os.environ)
    return _function.handle(event, context)


def _time_s(context: Context | None, function: ConsumerFunction) -> float:
    if context is None:
        return float(function.contract.visibility_s)
    return context.get_remaining_time_in_millis() / 1000 - TIME_TO_ANSWER_S


_function: ConsumerFunction | None = None
if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    # Drivers are loaded while the runtime initialises, at full CPU; connections wait for a batch.
    _function = function_in(os.environ)
