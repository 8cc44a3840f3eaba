"""The live table: one row per order, its way so far, and the time that each took."""

import time
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from domain.money import format_inr
from workers.demo.stories import Story

STAGES = ("pending_payment", "confirmed", "packed", "shipped", "out_for_delivery", "delivered")
WIDE = 110
COLOURS = {
    "completed": "bold green",
    "delivered": "green",
    "cancelled": "magenta",
    "expired": "yellow",
    "refunded": "magenta",
    "paid": "green",
    "cod_collected": "green",
    "unpaid": "dim",
}


@dataclass
class Row:
    """One order on the board."""

    story: Story
    order_id: str = ""
    placed_at: float = 0.0
    seen: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[str, float]] = field(default_factory=list)
    payment: dict[str, Any] | None = None

    def show(self, order: dict[str, Any]) -> None:
        """Take in what the API says of the order now."""
        if not self.steps or self.steps[-1][0] != order["status"]:
            self.steps.append((order["status"], time.monotonic() - self.placed_at))
        self.seen = order

    @property
    def status(self) -> str:
        """Return the status last seen."""
        return str(self.seen.get("status", "–"))

    @property
    def arrived(self) -> bool:
        """Tell whether the order is where its story ends, and so is its money."""
        return (
            self.status == self.story.status
            and self.seen.get("payment_status") == self.story.payment_status
        )


def board(rows: list[Row], began: float, width: int) -> Group:
    """Return the table as it is now; parcels are shown where the terminal is wide enough."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("order", min_width=23)
    table.add_column("total", justify="right", min_width=9)
    table.add_column("way", min_width=8)
    table.add_column("status", min_width=16)
    table.add_column("payment", min_width=13)
    table.add_column("time", justify="right", min_width=6)
    wide = width >= WIDE
    if wide:
        table.add_column("parcels", min_width=24)
    for row in rows:
        cells = _cells(row)
        table.add_row(*cells if wide else cells[:-1])
    done = sum(row.arrived for row in rows)
    seconds = time.monotonic() - began
    footer = Text(f"{done} of {len(rows)} where they should be · {seconds:4.1f} s", style="dim")
    return Group(table, footer)


def _cells(row: Row) -> tuple[Text | str, ...]:
    if not row.order_id:
        return (Text(row.story.title, style="dim"), "", "", "", "", "", "")
    paid = str(row.seen.get("payment_status", "–"))
    total = row.seen.get("total_paise")
    return (
        row.story.title,
        format_inr(total) if total is not None else "",
        _way(row),
        Text(row.status.replace("_", " "), style=COLOURS.get(row.status, "cyan")),
        Text(paid.replace("_", " "), style=COLOURS.get(paid, "cyan")),
        f"{row.steps[-1][1]:.1f} s" if row.steps else "",
        _parcels(row),
    )


def _way(row: Row) -> Text:
    """Draw one dot per stage; filled as far as the order has come."""
    reached = {status for status, _ in row.steps}
    last = max((STAGES.index(status) for status in reached if status in STAGES), default=-1)
    if row.status == "completed":
        last = len(STAGES)
    filled, style = min(last + 1, len(STAGES)), COLOURS.get(row.status, "cyan")
    text = Text("●" * filled, style=style)
    text.append("○" * (len(STAGES) - filled), style="dim")
    text.append(" ✓" if row.arrived else "", style="bold green")
    return text


def _parcels(row: Row) -> Text:
    parcels = row.seen.get("shipments", [])
    words = (f"{p['warehouse']} {p['state'].replace('_', ' ')}" for p in parcels)
    return Text("\n".join(words), style="dim")
