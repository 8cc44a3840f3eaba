"""`orders reconcile`: what Razorpay and the couriers paid out, against the orders' ledgers."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from workers.environment import load_settings
from workers.options import DataOption

WIDE = 240


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    date: Annotated[str, typer.Option("--date", help="The Indian calendar day, YYYY-MM-DD.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    stored: Annotated[
        bool, typer.Option("--stored", help="Show the last report of the day; match nothing.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Match a day's settlements with the orders' ledgers, and say what does not fit.

    Safe to repeat. Exit 0: no differences; 1: differences; 2: it could not be done.
    """
    import asyncio

    from workers import reconciliation_report
    from workers.reconcile import day_of, reconcile_day, stored_report

    day = day_of(date)
    settings = load_settings(data)
    work = stored_report(settings, day) if stored else reconcile_day(settings, day)
    report = asyncio.run(work)
    if as_json:
        typer.echo(reconciliation_report.as_json(report))
    else:
        # A pipe is no 80 columns wide: ids must stay on one line there.
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        reconciliation_report.show(console, report)
    if not report.clean:
        raise typer.Exit(code=1)
