"""Runs the benchmarks one after the other on a stack of their own."""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from domain.errors import ServiceUnavailable
from workers.bench import (
    checkout,
    history,
    hot_sku,
    rebuild,
    report,
    search,
    staleness,
    tracking,
    view,
    viewers,
    webhooks,
)
from workers.bench.bed import Bed, BenchFailed, opened_bed
from workers.bench.figures import Outcome, Verdict, not_measured
from workers.bench.machine import load_average, machine
from workers.stack.console import ConsoleReporter
from workers.stack.foreground import cancelled_by_signals
from workers.stack.run import RunningStack, StackOptions, running_stack

NAMES = (
    history.NAME, tracking.NAME, viewers.NAME, view.NAME, staleness.NAME, search.NAME,
    rebuild.NAME, checkout.NAME, hot_sku.NAME, webhooks.NAME,
)  # fmt: skip

Measure = Callable[[], Awaitable[Outcome]]

WINDOW_S, WINDOW_ALONE_S = 130, 15
"""Payment and return window. In a full run unpaid orders must not expire while others are timed."""
AFTERWARDS_S = 60.0


async def run_benchmarks(*, only: str | None, free_ports: bool) -> bool:
    """Start the stack, measure, stop, print the table and write the result file.

    True if everything could be measured, whatever the figures say.

    Raises:
        BenchFailed: not even one order could be delivered.
        StackError: the stack cannot start, or cannot go on.
    """
    console, began, at = Console(), time.monotonic(), datetime.now(UTC)
    facts = {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "only": only, **machine()}
    loads, measured = {"at_start": load_average()}, False
    window_s = WINDOW_ALONE_S if only == history.NAME else WINDOW_S
    os.environ.update(_settings(window_s))
    with tempfile.TemporaryDirectory(prefix="orders-bench-") as folder, cancelled_by_signals():
        options = StackOptions(root=Path(folder) / "data", free_ports=free_ports)
        async with running_stack(options, ConsoleReporter(console)) as stack:
            _give_credentials(stack.plan.environment)
            async with opened_bed(stack) as bed:
                outcomes = await _measure(console, bed, _measures(bed, stack, window_s), only)
        facts["seconds"] = round(time.monotonic() - began, 1)
        facts["load_average"] = {**loads, "at_end": load_average()}
        console.print(report.table(outcomes))
        path = report.write(report.document(outcomes, facts), at=at, only=only)
        measured = all(row.verdict is not Verdict.FAILED for each in outcomes for row in each.rows)
        console.print(f"result: {path}", highlight=False)
    return measured


def _measures(bed: Bed, stack: RunningStack, window_s: int) -> Mapping[str, Measure]:
    """Return the benchmarks in an order in which none disturbs the next."""
    return {
        tracking.NAME: partial(tracking.measure, bed),
        viewers.NAME: partial(viewers.measure, bed, stack.plan.environment),
        view.NAME: partial(view.measure, bed, stack.plan.environment),
        staleness.NAME: partial(staleness.measure, bed),
        checkout.NAME: partial(checkout.measure, bed),
        hot_sku.NAME: partial(hot_sku.measure, bed),
        webhooks.NAME: partial(webhooks.measure, bed),
        search.NAME: partial(search.measure, bed),
        rebuild.NAME: partial(rebuild.measure, bed),
        history.NAME: partial(history.measure, bed, closes_within_s=window_s + AFTERWARDS_S),
    }


async def _measure(
    console: Console, bed: Bed, measures: Mapping[str, Measure], only: str | None
) -> list[Outcome]:
    """Measure, the sample order first: its run closes only when its windows are over."""
    outcomes = []
    await bed.sample()
    for name, measure in measures.items():
        if only in (None, name):
            began = time.monotonic()
            load = load_average()
            outcome = await _outcome(name, measure)
            outcomes.append(replace(outcome, figures={**outcome.figures, "load_average": load}))
            console.print(f"{name:<19} [dim]{time.monotonic() - began:5.1f} s[/]")
    return sorted(outcomes, key=lambda outcome: NAMES.index(outcome.name))


async def _outcome(name: str, measure: Measure) -> Outcome:
    """Measure; one benchmark that cannot be finished does not take the others with it."""
    try:
        return await measure()
    except (BenchFailed, ServiceUnavailable, TimeoutError) as error:
        return not_measured(name, f"{type(error).__name__}: {error}")


def _settings(window_s: int) -> Mapping[str, str]:
    """Return windows in proportion to production: returns outlast the wait for late payments."""
    return {
        "ORDERS_PAYMENT_WINDOW_S": str(window_s),
        "ORDERS_RETURN_WINDOW_S": str(window_s),
        "ORDERS_LATE_PAYMENT_WINDOW_S": "0",
        "ORDERS_AUTO_PACK": "true",
    }


def _give_credentials(environment: Mapping[str, str]) -> None:
    """The AWS client reads its credentials from the process alone."""
    os.environ.update({name: text for name, text in environment.items() if name.startswith("AWS_")})
