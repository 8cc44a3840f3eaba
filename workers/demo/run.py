"""Brings the stack up, lets six customers order, and says whether all went right."""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.live import Live

from workers.demo.audit import Finding, audit
from workers.demo.board import Row, board
from workers.demo.shop import DemoFailed, Shop
from workers.demo.stories import STORIES, Payment
from workers.stack.console import ConsoleReporter, print_addresses
from workers.stack.foreground import cancelled_by_signals
from workers.stack.run import RunningStack, StackOptions, running_stack

SETTINGS: Mapping[str, str] = {
    "ORDERS_PAYMENT_WINDOW_S": "20",
    "ORDERS_RETURN_WINDOW_S": "3",
    "ORDERS_AUTO_PACK": "true",
}
"""Days become seconds; everything else is as in any development stack."""

DEADLINE_S = 120.0
COURIER_STEP_S = 0.8
LOOK_EVERY_S = 0.25
PACKED = ("packed", "shipped")


async def run_demo(options: StackOptions, *, once: bool) -> bool:
    """Run the demo; True when every order is where it should be and all adds up.

    Without `once` the stack goes on until Ctrl-C.

    Raises:
        StackError: the stack cannot start, or cannot go on.
    """
    console, began, right = Console(), time.monotonic(), False
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    with cancelled_by_signals():
        async with running_stack(options, ConsoleReporter(console)) as stack:
            console.print(f"\nready after {time.monotonic() - began:.1f} s\n")
            right = await _show(console, stack)
            if not once:
                console.print("\nCtrl-C stops everything\n")
                await stack.watching
    return right


async def _show(console: Console, stack: RunningStack) -> bool:
    addresses = stack.plan.addresses
    async with Shop(addresses, stack.plan.environment["ORDERS_JWT_SECRET"]) as shop:
        stock = await shop.available()
        rows = [Row(story=story) for story in STORIES]
        began = time.monotonic()
        with Live(board(rows, began, console.width), console=console, refresh_per_second=8) as live:
            painting = asyncio.create_task(_paint(live, shop, rows, began))
            try:
                await _play(shop, rows)
                await _until_arrived(rows)
            finally:
                painting.cancel()
            live.update(board(rows, began, console.width))
        findings = await audit(shop, rows, stock)
        _print_orders(console, shop, rows, addresses)
    print_addresses(console, addresses)
    return _print_verdict(console, findings)


async def _play(shop: Shop, rows: list[Row]) -> None:
    """Order, pay, cancel; the courier waits until the cancelled parcel is out of his reach."""
    await shop.courier_waits()
    await asyncio.gather(*(_order_and_pay(shop, row) for row in rows))
    going = [row for row in rows if row.story.payment is not Payment.WALKS_AWAY]
    await _until(lambda: all(row.status in PACKED for row in going), "every paid order is packed")
    await asyncio.gather(
        *(shop.cancel(row.story.customer, row.order_id) for row in rows if row.story.cancels)
    )
    awbs = [
        parcel["awb"] for row in going if not row.story.cancels for parcel in row.seen["shipments"]
    ]
    await shop.courier_drives(awbs, COURIER_STEP_S)


async def _order_and_pay(shop: Shop, row: Row) -> None:
    story = row.story
    row.placed_at = time.monotonic()
    order = await shop.place(story.customer, story.body())
    row.payment, row.order_id = order["payment"], order["order_id"]
    if story.payment is Payment.FAILS_FIRST:
        await shop.pay(story.customer, order, "failed")
        await _until(lambda: _has_failed(row), "the failed attempt is known")
    if story.payment in (Payment.PAYS, Payment.FAILS_FIRST):
        await shop.pay(story.customer, order, "captured")


def _has_failed(row: Row) -> bool:
    return any(entry["kind"] == "failed" for entry in row.seen.get("payments", []))


async def _paint(live: Live, shop: Shop, rows: list[Row], began: float) -> None:
    while True:
        for row in rows:
            if row.order_id:
                row.show(await shop.order(row.story.customer, row.order_id))
        live.update(board(rows, began, live.console.width))
        await asyncio.sleep(LOOK_EVERY_S)


async def _until_arrived(rows: list[Row]) -> None:
    try:
        await _until(lambda: all(row.arrived for row in rows), "every order has arrived")
    except DemoFailed:
        return  # the audit says which ones, and where they are


async def _until(check: Any, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not check():
        if time.monotonic() > deadline:
            message = f"waited {DEADLINE_S:g} s in vain until {what}"
            raise DemoFailed(message)
        await asyncio.sleep(LOOK_EVERY_S / 2)


def _print_orders(
    console: Console, shop: Shop, rows: list[Row], addresses: Mapping[str, str]
) -> None:
    console.print()
    for row in rows:
        page = f"{addresses['temporal_ui']}/namespaces/default/workflows/order:{row.order_id}"
        token = shop.token(row.story.customer)
        track = f"{addresses['tracking']}/track/{row.order_id}"
        console.print(f"[bold]{row.story.title}[/] [dim]{row.order_id}[/]", highlight=False)
        console.print(f"  Temporal UI  {page}", soft_wrap=True, highlight=False)
        link = f"[link={track}#token={token}]{track}[/link]"
        console.print(f"  customer     {link}", soft_wrap=True, highlight=False)
    console.print()


def _print_verdict(console: Console, findings: list[Finding]) -> bool:
    wrong = [finding for finding in findings if finding.problem]
    console.print()
    for finding in findings:
        mark = "[red]✗[/]" if finding.problem else "[green]✓[/]"
        problem = f" [red]{finding.problem}[/]" if finding.problem else ""
        console.print(f"{mark} {finding.what}{problem}", highlight=False)
    if wrong:
        console.print(f"\n[bold red]{len(wrong)} of {len(findings)} checks failed[/]")
    else:
        console.print("\n[bold green]all six orders are where they should be[/]")
    return not wrong
