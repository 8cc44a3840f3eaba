"""What a build says to people."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from workers.build_lambdas.build import RUNTIME, Built

MEGABYTE = 1_000_000


def table(built: Sequence[Built]) -> Table:
    """Return size and modules of each function, beside its limits."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"functions for {RUNTIME}")
    shown.add_column("function")
    for name in ("zip", "limit", "modules", "limit", "files"):
        shown.add_column(name, justify="right")
    shown.add_column("sha256")
    for each in built:
        function = each.function
        shown.add_row(
            function.name,
            _size(each.zip_bytes),
            _size(function.most_zip_bytes) if function.most_zip_bytes else "",
            str(each.modules),
            str(function.most_modules or ""),
            str(each.files),
            f"{each.sha256[:12]}…",
        )
    return shown


def _size(size: int) -> str:
    return f"{size / 1000:.0f} kB" if size < MEGABYTE else f"{size / MEGABYTE:.1f} MB"
