"""`orders dlq`: messages that a consumer could not handle."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from workers.environment import load_settings
from workers.options import DataOption
from workers.stack.errors import StackError

if TYPE_CHECKING:
    from workers.dead_letters import DeadLetter

WIDE = 240
Consumer = Annotated[str, typer.Argument(help="The consumer's name.")]
MessageIds = Annotated[
    list[str] | None, typer.Argument(help="Ids as `orders dlq list` shows them.")
]
All = Annotated[bool, typer.Option("--all", help="Every dead letter of the consumer.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="Look after dead letters: list, show, redrive, drop.", no_args_is_help=True
    )
    group.command("list")(list_dead)
    group.command()(show)
    group.command()(redrive)
    group.command()(drop)
    app.add_typer(group, name="dlq")


def list_dead(
    consumer: Annotated[str | None, typer.Argument(help="One consumer; all if left out.")] = None,
    data: DataOption = None,
) -> None:
    """List dead letters; they stay where they are."""
    from workers import dead_letters

    _print(dead_letters.list_dead(load_settings(data), consumer), "dead")


def show(
    consumer: Consumer,
    message_id: Annotated[str, typer.Argument(help="Id as `orders dlq list` shows it.")],
    data: DataOption = None,
) -> None:
    """Print one dead letter; its body may hold personal data."""
    from workers import dead_letters

    letter = dead_letters.show(load_settings(data), consumer, message_id)
    # Beside the body, so that the body alone can be piped on.
    typer.echo(f"in {letter.queue}{f': {letter.why}' if letter.why else ''}", err=True)
    typer.echo(letter.body)


def redrive(
    consumer: Consumer,
    message_ids: MessageIds = None,
    every: All = False,
    data: DataOption = None,
) -> None:
    """Send dead letters back to their queue."""
    from workers import dead_letters

    chosen = _chosen(message_ids, every=every)
    _print(dead_letters.redrive(load_settings(data), consumer, chosen), "sent back")


def drop(
    consumer: Consumer,
    message_ids: MessageIds = None,
    every: All = False,
    data: DataOption = None,
) -> None:
    """Delete dead letters for good."""
    from workers import dead_letters

    chosen = _chosen(message_ids, every=every)
    _print(dead_letters.drop(load_settings(data), consumer, chosen), "deleted")


def _chosen(message_ids: list[str] | None, *, every: bool) -> list[str] | None:
    if bool(message_ids) == every:
        message = "give message ids, or --all for every dead letter of the consumer"
        raise StackError(message)
    return message_ids or None


def _print(letters: "list[DeadLetter]", what: str) -> None:
    # A pipe is no 80 columns wide: ids must stay on one line there.
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    if letters:
        table = Table("queue", "message id", "type", "subject", "why", box=None)
        for each in letters:
            cells = (each.queue, each.message_id, each.type, each.subject, each.why)
            table.add_row(*map(escape, cells))
        console.print(table)
    console.print(f"{len(letters)} {what}")
