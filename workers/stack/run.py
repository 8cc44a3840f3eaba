"""The embedded stack as one block of code: claim the folder, start, publish, watch, stop."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from workers.stack.data_folder import DataFolder, claimed
from workers.stack.dev_secrets import ensure_dev_secrets
from workers.stack.errors import StackError
from workers.stack.plan import StackPlan, plan_stack
from workers.stack.ports import StackPorts
from workers.stack.supervisor import Reporter, Supervisor


@dataclass(frozen=True, kw_only=True, slots=True)
class StackOptions:
    """How to run the stack.

    ``services_only`` leaves out our own processes, for running those by hand.
    """

    root: Path
    free_ports: bool = False
    services_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningStack:
    """A stack that is ready. ``watching`` ends, with an error, when the stack cannot go on."""

    plan: StackPlan
    folder: DataFolder
    watching: asyncio.Task[None]


@contextlib.asynccontextmanager
async def running_stack(options: StackOptions, reporter: Reporter) -> AsyncIterator[RunningStack]:
    """Run the stack while the block runs; on entry everything is ready.

    Raises:
        StackError: it cannot start; the message says why and what to do. What had started is
            stopped again.
    """
    if os.environ.get("ORDERS_ENV", "").strip() == "production":
        message = "ORDERS_ENV is production: the embedded stack is for development, unset it"
        raise StackError(message)
    with claimed(options.root) as folder:
        plan = _plan(options, folder)
        supervisor = Supervisor(plan.services, reporter, ready_file=folder.addresses_file)
        try:
            await supervisor.start()
            folder.publish_addresses(plan.addresses)
            watching = asyncio.create_task(supervisor.watch())
            try:
                yield RunningStack(plan=plan, folder=folder, watching=watching)
            finally:
                watching.cancel()
        finally:
            folder.withdraw_addresses()
            await _stop(supervisor)


def _plan(options: StackOptions, folder: DataFolder) -> StackPlan:
    ports = StackPorts.free() if options.free_ports else StackPorts.from_env(os.environ)
    dev_secrets = ensure_dev_secrets(folder.secrets_file)
    plan = plan_stack(
        os.environ, dev_secrets, ports, folder.root, services_only=options.services_only
    )
    plan.refuse_taken_ports()
    return plan


async def _stop(supervisor: Supervisor) -> None:
    """Stop in order; a second interruption kills at once."""
    stopping = asyncio.create_task(supervisor.stop())
    while not stopping.done():
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            supervisor.kill()
