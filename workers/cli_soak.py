"""`orders soak`: many real orders through a stack of its own, with faults."""

from typing import Annotated

import typer

from workers.environment import data_folder
from workers.options import DataOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(soak)


def soak(
    orders: Annotated[int, typer.Option(help="How many orders.", min=1, max=100_000)] = 100,
    seed: Annotated[int, typer.Option(help="Which mixture of customers and faults.")] = 1,
    data: DataOption = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Pick free ports instead of the usual ones.")
    ] = False,
) -> None:
    """Place orders under faults, wait until all is quiet, and check each from all sides.

    The result goes to `bench/results/`; exit 1 if anything was found.
    """
    import asyncio

    from workers.soak.on_own_stack import soak_on_own_stack
    from workers.stack.run import StackOptions

    options = StackOptions(root=data_folder(data), free_ports=free_ports)
    if not asyncio.run(soak_on_own_stack(options, orders=orders, seed=seed)):
        raise typer.Exit(code=1)
