"""`orders documents`: the books of invoices and credit notes."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.environment import load_settings
from workers.options import DataOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.ports.documents import DocumentClaim, SeriesReport

Year = Annotated[
    str | None, typer.Option(help="Financial year such as 2627 for 2026-27; the current one.")
]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="The books of invoices and credit notes: series, check, void.", no_args_is_help=True
    )
    group.command()(series)
    group.command()(check)
    group.command()(void)
    app.add_typer(group, name="documents")


def series(year: Year = None, data: DataOption = None) -> None:
    """Show every series of a year as a tax return declares it; fails if a number is missing."""
    reports = asyncio.run(_series(year or _current_year(), data))
    table = Table("series", "from", "to", "documents", "void", "missing")
    for one in reports:
        missing = ", ".join(map(str, one.missing)) or "none"
        first, last = f"{one.name}/{1:06d}", f"{one.name}/{one.last:06d}"
        table.add_row(one.name, first, last, str(one.documents), str(one.void), missing)
    Console().print(table)
    if any(one.missing for one in reports):
        sys.exit(1)


def check(year: Year = None, data: DataOption = None) -> None:
    """List documents that count although no order knows of them; fails if there is one."""
    left = asyncio.run(_unclaimed(year or _current_year(), data))
    for claim in left:
        typer.echo(f"{claim.number}  {claim.order_id}  {claim.issued_at:%Y-%m-%d %H:%M} UTC")
    typer.echo(f"{len(left)} unclaimed")
    if left:
        sys.exit(1)


def void(
    number: Annotated[str, typer.Argument(help="Such as PNQ/2627/000042.")],
    reason: Annotated[str, typer.Option(help="Why; stamped on the document.")],
    data: DataOption = None,
) -> None:
    """Declare a document void that no order counts on. Its number is never used again."""
    asyncio.run(_void(number, reason, data))
    Console().print(f"{escape(number)} is void", highlight=False)


def _current_year() -> str:
    from domain.catalogue import indian_day
    from domain.document_number import financial_year

    return financial_year(indian_day(datetime.now(UTC)))


async def _series(year: str, data: DataOption) -> "Sequence[SeriesReport]":
    from workers.tax_books import tax_books

    async with tax_books(load_settings(data)) as books:
        return await books.series(year)


async def _unclaimed(year: str, data: DataOption) -> "Sequence[DocumentClaim]":
    from workers.tax_books import tax_books

    async with tax_books(load_settings(data)) as books:
        return await books.unclaimed(year, datetime.now(UTC))


async def _void(number: str, reason: str, data: DataOption) -> None:
    from workers.tax_books import tax_books

    async with tax_books(load_settings(data)) as books:
        await books.declare_void(number, reason, datetime.now(UTC))
