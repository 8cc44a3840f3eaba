"""`orders up`: the embedded stack until Ctrl-C."""

from typing import Annotated

import typer

from workers.environment import data_folder
from workers.options import DataOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    data: DataOption = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Pick free ports instead of the usual ones.")
    ] = False,
    services_only: Annotated[
        bool,
        typer.Option("--services-only", help="Leave out our own processes, to run them by hand."),
    ] = False,
) -> None:
    """Start the stack, say where everything is, and run until Ctrl-C or SIGTERM."""
    import asyncio

    from workers.stack.foreground import run_in_foreground
    from workers.stack.run import StackOptions

    options = StackOptions(
        root=data_folder(data), free_ports=free_ports, services_only=services_only
    )
    asyncio.run(run_in_foreground(options))
