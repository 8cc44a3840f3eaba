"""`orders rebuild-view`: the order views anew from the log."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from domain.errors import ImpossibleStep, StoreUnavailable
from workers.environment import load_settings
from workers.options import DataOption

if TYPE_CHECKING:
    from consumers.view_rebuild import Rebuilt

SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rebuild-view")(rebuild_view)


def rebuild_view(
    compare_only: Annotated[
        bool, typer.Option("--compare-only", help="Build and compare; do not switch over.")
    ] = False,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Forget a build whose process has died, and stop.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Build the order views anew from the event log, beside the live ones, and switch over.

    Orders go on meanwhile. Exits 1 if a live view said something else than the log.
    """
    from workers import rebuild_view as rebuilding

    settings, console = load_settings(data), Console()
    try:
        if abandon:
            asyncio.run(rebuilding.abandon_build(settings))
            console.print("no build is under way")
            return
        began = time.monotonic()
        with _progress(console) as progress:
            events = progress.add_task("events folded", total=None)

            def report(count: int) -> None:
                progress.advance(events, count)

            done = asyncio.run(rebuilding.rebuild_view(settings, report, switch=not compare_only))
    except (ImpossibleStep, StoreUnavailable) as error:
        console.print(f"[red]error:[/] {error}")
        if isinstance(error, ImpossibleStep):
            console.print("if its process has died: orders rebuild-view --abandon")
        raise typer.Exit(2) from None
    _tell(console, done, time.monotonic() - began, switched=not compare_only)
    raise typer.Exit(1 if done.differing else 0)


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _tell(console: Console, done: "Rebuilt", seconds: float, *, switched: bool) -> None:
    console.print(f"{done.events:,} events of {done.orders:,} orders folded in {seconds:,.1f} s")
    for order_id in done.differing[:SHOWN]:
        console.print(f"  [yellow]differs[/] {order_id}: the live view was not the fold of its log")
    if len(done.differing) > SHOWN:
        console.print(f"  … and {len(done.differing) - SHOWN:,} more")
    if not done.differing:
        console.print("every live view was the fold of its log")
    if switched:
        console.print("switched over; the views as they were stand in order_views_before")
    else:
        console.print("compared only; the live views are untouched")
