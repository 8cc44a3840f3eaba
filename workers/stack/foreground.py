"""The stack in a terminal: until a signal asks it to stop."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console

from workers.stack.console import ConsoleReporter, print_addresses
from workers.stack.run import StackOptions, running_stack

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _StopRequest:
    """Cancels a task when a signal comes, and remembers that it did."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self.came = False

    def __call__(self) -> None:
        self.came = True
        self._task.cancel()


@contextlib.contextmanager
def cancelled_by_signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into a cancellation of the current task.

    The block ends quietly then; a cancellation from elsewhere passes through.
    """
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is None:
        message = "signals can only cancel a task"
        raise RuntimeError(message)
    request = _StopRequest(task)
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, request)
    try:
        yield
    except asyncio.CancelledError:
        if not request.came:
            raise
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


async def run_in_foreground(options: StackOptions) -> None:
    """Start the stack, print its addresses, and run until a signal.

    Raises:
        StackError: it cannot start, or cannot go on.
    """
    console, began = Console(), time.monotonic()
    with cancelled_by_signals():
        async with running_stack(options, ConsoleReporter(console)) as stack:
            console.print(f"\nready after {time.monotonic() - began:.1f} s\n")
            print_addresses(console, stack.plan.addresses)
            console.print("\nCtrl-C stops everything\n")
            await stack.watching
