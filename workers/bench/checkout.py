"""`POST /orders` beside a bare Update-with-Start on the same server, in turns."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import cycle, islice
from secrets import token_hex

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import Worker

from workers.bench.bare import ANSWER, QUEUE, BareWorkflow
from workers.bench.bed import SKUS, Bed, in_flight, new_customer
from workers.bench.figures import Json, Outcome, Row, at_most, spread

NAME = "checkout"
LIMIT = 4.0
CALLS = 100
AT_ONCE = 8
BLOCK = 25
"""Calls of one kind before it is the other kind's turn, so that both see the same machine."""
WARM_UP = 5

Call = Callable[[], Awaitable[object]]


async def measure(bed: Bed) -> Outcome:
    """Time a hundred calls of each kind one by one, with either neighbour, then eight in flight.

    Raises:
        BenchFailed: an order was not placed.
    """
    came_again = bed.came_again
    async with Worker(bed.temporal, task_queue=QUEUE, workflows=[BareWorkflow]):
        bare = partial(_answer, bed.temporal)
        skus = cycle(SKUS)

        def order() -> Awaitable[object]:
            return bed.place(new_customer(), next(skus))

        await _in_turns(order, bare, calls=WARM_UP, block=WARM_UP, at_once=1)
        alternating = await _in_turns(order, bare, calls=CALLS, block=1, at_once=1)
        in_a_row = await _in_turns(order, bare, calls=CALLS, block=BLOCK, at_once=1)
        together = await _in_turns(order, bare, calls=CALLS, block=BLOCK, at_once=AT_ONCE)
    rows = (
        *_rows("alternating", alternating),
        *_rows(f"{BLOCK} in a row", in_a_row),
        *_rows(f"{AT_ONCE} in flight", together),
    )
    figures = {
        "alternating": alternating,
        f"{BLOCK}_in_a_row": in_a_row,
        f"{AT_ONCE}_in_flight": together,
        "told_to_come_again": bed.came_again - came_again,
    }
    return Outcome(name=NAME, rows=rows, figures=figures)


async def _answer(client: Client) -> object:
    start: WithStartWorkflowOperation[BareWorkflow, None] = WithStartWorkflowOperation(
        BareWorkflow.run,
        id=f"bench:{token_hex(8)}",
        task_queue=QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
    )
    try:
        return await client.execute_update_with_start_workflow(
            ANSWER, start_workflow_operation=start
        )
    finally:
        # The SDK logs the error of a handle that nobody has looked at.
        with suppress(Exception, asyncio.CancelledError):
            await start.workflow_handle()


async def _in_turns(order: Call, bare: Call, *, calls: int, block: int, at_once: int) -> Json:
    took: dict[str, list[float]] = {"post_orders": [], "bare": []}
    busy_s = dict.fromkeys(took, 0.0)
    for _ in range(calls // block):
        for name, call in (("post_orders", order), ("bare", bare)):
            began = time.perf_counter()
            timed = partial(_milliseconds, call)
            took[name] += await in_flight(at_once, list(islice(cycle([timed]), block)))
            busy_s[name] += time.perf_counter() - began
    shown = {f"{name}_ms": spread(samples) for name, samples in took.items()}
    rates = {f"{name}_per_s": round(calls / busy_s[name], 1) for name in took}
    ratios = {
        f"ratio_{each}": round(shown["post_orders_ms"][each] / shown["bare_ms"][each], 2)
        for each in ("p50", "p99")
    }
    return {**shown, **rates, **ratios}


async def _milliseconds(call: Call) -> float:
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


def _rows(how: str, found: Json) -> tuple[Row, ...]:
    ours, bare = found["post_orders_ms"], found["bare_ms"]
    return (
        Row(
            what=f"POST /orders p50 over bare, {how}",
            figure=f"{found['ratio_p50']:.1f}×",
            beside=f"{ours['p50']:.0f} ms over {bare['p50']:.0f} ms",
            target=f"≤ {LIMIT:g}×",
            verdict=at_most(found["ratio_p50"], LIMIT),
        ),
        Row(
            what=f"POST /orders p99, {how}",
            figure=f"{ours['p99']:.0f} ms",
            beside=f"bare {bare['p99']:.0f} ms",
        ),
    )
