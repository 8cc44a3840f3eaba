"""What people see of the stack: each service as it becomes ready, trouble, and the URLs."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

TITLES: Mapping[str, str] = {
    "api": "API",
    "tracking": "Tracking",
    "temporal_ui": "Temporal UI",
    "temporal": "Temporal",
    "mongodb": "MongoDB",
    "redis": "Redis",
    "aws": "SNS, SQS, S3",
    "razorpay_sandbox": "Razorpay sandbox",
    "courier_sandbox": "Courier sandbox",
    "mail": "Mail",
}


class ConsoleReporter:
    """Prints what the supervisor does."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def ready(self, name: str, seconds: float) -> None:
        """One line per service."""
        self._console.print(f"[green]✓[/] {escape(name):<17} [dim]{seconds:4.1f} s[/]")

    def died(self, name: str, code: int, log_tail: str) -> None:
        """The end of the log shows why."""
        self._console.print(f"[bold red]✗ {escape(name)} ended with code {code}[/]")
        self._console.print(escape(log_tail), style="dim", highlight=False)

    def restarting(self, name: str, in_s: float) -> None:
        """Says when."""
        self._console.print(f"[yellow]↻ {escape(name)} starts again in {in_s:g} s[/]")

    def stopping(self) -> None:
        """Stopping takes a moment, so say so."""
        self._console.print("stopping …")


def print_addresses(console: Console, addresses: Mapping[str, str]) -> None:
    """A table of every URL."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, title in TITLES.items():
        if name in addresses:
            table.add_row(title, f"[link]{escape(addresses[name])}[/link]")
    console.print(table)
