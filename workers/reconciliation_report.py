"""A day's reconciliation as people read it, and as programs do."""

import json

from rich.console import Console
from rich.table import Table

from domain.money import format_inr
from domain.reconciliation import Difference, ReconciliationReport
from domain.wire import to_json


def as_json(report: ReconciliationReport) -> str:
    """Return the report with an explanation and an action for each difference."""
    body = to_json(report)
    for written, difference in zip(body["differences"], report.differences, strict=True):
        written["explanation"] = difference.explanation
        written["action"] = difference.action
    return json.dumps({**body, "clean": report.clean}, indent=2, ensure_ascii=False)


def show(console: Console, report: ReconciliationReport) -> None:
    """Print the report."""
    console.print(
        f"[bold]Reconciliation of {report.day:%A, %-d %B %Y}[/]  "
        f"{report.matched} of {report.rows} rows matched, {report.orders} orders looked at\n",
        highlight=False,
    )
    if report.settlements:
        console.print(_settlements(report), "")
    if report.cash:
        console.print(_cash(report), "")
    if report.clean:
        console.print("[bold green]no differences[/]")
        return
    console.print(_differences(report), "")
    console.print(_actions(report))


def _settlements(report: ReconciliationReport) -> Table:
    table = Table(title="Settled by Razorpay", title_justify="left", box=None)
    table.add_column("settlement", no_wrap=True)
    table.add_column("UTR", no_wrap=True)
    for name in ("rows", "captured", "fees", "of them GST", "refunded", "adjusted", "paid out"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in report.settlements:
        sums = (
            each.captured_paise,
            each.fees_paise,
            each.tax_paise,
            each.refunded_paise,
            each.adjusted_paise,
            each.net_paise,
        )
        table.add_row(
            each.settlement_id, each.utr or "", str(each.rows), *(format_inr(one) for one in sums)
        )
    return table


def _cash(report: ReconciliationReport) -> Table:
    table = Table(title="Cash on delivery", title_justify="left", box=None)
    table.add_column("AWB", no_wrap=True)
    table.add_column("order", no_wrap=True)
    table.add_column("collected", justify="right")
    table.add_column("remitted", justify="right")
    table.add_column("UTR", no_wrap=True)
    for line in report.cash:
        remitted = format_inr(line.remitted_paise) if line.remitted_at else "due"
        collected = format_inr(line.collected_paise) if line.collected_at else "none"
        table.add_row(line.awb, line.order_id, collected, remitted, line.utr or "")
    return table


def _differences(report: ReconciliationReport) -> Table:
    table = Table(title=f"{len(report.differences)} differences", title_justify="left", box=None)
    table.add_column("kind", style="yellow", no_wrap=True)
    table.add_column("of", no_wrap=True)
    table.add_column("order", no_wrap=True)
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("theirs", justify="right", no_wrap=True)
    table.add_column("explanation")
    for each in report.differences:
        table.add_row(*_row(each))
    return table


def _actions(report: ReconciliationReport) -> Table:
    table = Table(title="What to do", title_justify="left", box=None, show_header=False)
    table.add_column("kind", style="yellow", no_wrap=True)
    table.add_column("action")
    for kind, action in {each.kind: each.action for each in report.differences}.items():
        table.add_row(kind.value, action)
    return table


def _row(each: Difference) -> tuple[str, ...]:
    return (
        each.kind.value,
        each.subject,
        each.order_id or "",
        "" if each.expected_paise is None else format_inr(each.expected_paise),
        "" if each.found_paise is None else format_inr(each.found_paise),
        each.explanation,
    )
