"""`orders demo`: the stack, and six orders to look at."""

from typing import Annotated

import typer

from workers.environment import data_folder
from workers.options import DataOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    data: DataOption = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Pick free ports instead of the usual ones.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Stop when the orders are done; exit 1 if one is not.")
    ] = False,
) -> None:
    """Start the stack and drive six orders through the public API, live."""
    import asyncio

    from workers.demo.run import run_demo
    from workers.demo.shop import DemoFailed
    from workers.stack.errors import StackError
    from workers.stack.run import StackOptions

    options = StackOptions(root=data_folder(data), free_ports=free_ports)
    try:
        right = asyncio.run(run_demo(options, once=once))
    except DemoFailed as error:
        raise StackError(str(error)) from error
    if once and not right:
        raise typer.Exit(code=1)
