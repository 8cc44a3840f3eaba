"""A soak on a stack of its own: nobody else orders there, so its shelves must add up too."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from adapters.settings import Settings
from workers.dead_letters import list_dead
from workers.environment import load_settings
from workers.soak import report
from workers.soak.evidence import Sources
from workers.soak.run import SoakOptions, SoakResult, soak
from workers.soak.sources import opened_sources
from workers.soak.stack_client import Json
from workers.stack.console import ConsoleReporter
from workers.stack.foreground import cancelled_by_signals
from workers.stack.run import StackOptions, running_stack

PAYMENT_WINDOW_S = 20
CRASH_EVERY_S = 120.0
SETTINGS: Mapping[str, str] = {
    "ORDERS_PAYMENT_WINDOW_S": str(PAYMENT_WINDOW_S),
    "ORDERS_RETURN_WINDOW_S": "2",
    "ORDERS_LATE_PAYMENT_WINDOW_S": "5",
    "ORDERS_AUTO_PACK": "true",
    # News is overdue after seconds instead of minutes and hours, and due in the books at once.
    "ORDERS_OVERDUE_NEWS_EVERY_S": "4",
    "ORDERS_PAYMENT_OVERDUE_S": "4",
    "ORDERS_REFUND_OVERDUE_S": "6",
    "ORDERS_PARCEL_OVERDUE_S": "6",
    "ORDERS_SETTLEMENT_LIMIT_DAYS": "0",
    "ORDERS_REFUND_LIMIT_DAYS": "0",
}


async def soak_on_own_stack(options: StackOptions, *, orders: int, seed: int) -> bool:
    """Bring a stack up, soak it, write the result; True if nothing was found.

    Raises:
        StackError: the stack cannot start, or cannot go on.
    """
    console, passed = Console(), False
    os.environ.update(SETTINGS)
    with cancelled_by_signals():
        async with (
            running_stack(options, ConsoleReporter(console)),
            opened_sources(options.root) as sources,
        ):
            settings = load_settings(options.root)
            plan = SoakOptions(
                orders=orders,
                seed=seed,
                payment_window_s=PAYMENT_WINDOW_S,
                data=options.root,
                settings=settings,
                crash_every_s=CRASH_EVERY_S,
            )
            result = await _soak(console, sources, plan)
            extra = await _afterwards(result, settings)
            path = report.write(result, extra)
            report.show(console, result)
            console.print(f"\nresult: {path}")
            passed = not result.findings
    return passed


async def _soak(console: Console, sources: Sources, options: SoakOptions) -> SoakResult:
    before, began = await _available(sources), time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {text}", highlight=False)

    result = await soak(sources, options, say)
    after = await _available(sources)
    gone = {sku: before[sku] - after[sku] for sku in before if before[sku] != after[sku]}
    if gone != (sold := dict(result.units_gone)):
        result.findings.append(f"{gone} left the shelves, {sold} were delivered or lost")
    return result


async def _available(sources: Sources) -> dict[str, int]:
    answer = (await sources.stack.api("GET", "/products")).raise_for_status()
    return {each["sku"]: each["available"] for each in answer.json()["products"]}


async def _afterwards(result: SoakResult, settings: Settings) -> Json:
    """Look at dead letters and logs; a dead letter is a finding."""
    dead = await asyncio.to_thread(list_dead, settings)
    result.findings += [f"dead letter of {d.consumer}: {d.type} {d.subject}" for d in dead]
    return {"errors_logged": _errors_logged(settings.data_dir / "logs")}


def _errors_logged(logs: Path) -> Json:
    counts: Counter[str] = Counter()
    for path in sorted(logs.glob("*.log")):
        for line in path.read_text(errors="replace").splitlines():
            if '"level": "error"' in line:
                counts[path.stem] += 1
    return dict(counts)
