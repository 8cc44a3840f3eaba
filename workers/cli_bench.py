"""`orders bench`: the benchmarks, on a stack of their own."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(bench)


def bench(
    only: Annotated[
        str | None,
        typer.Option(
            help="One of them: history, tracking, viewers, view, staleness, search, rebuild, "
            "checkout, hot-sku, webhooks."
        ),
    ] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports/--usual-ports", help="Where the stack listens.")
    ] = True,
) -> None:
    """Measure a stack in a temporary folder; print a table and write to `bench/results/`.

    Takes about fifteen minutes. A missed target is a word in the table; exit 1 if something could
    not be measured.
    """
    import asyncio

    from workers.bench.bed import BenchFailed
    from workers.bench.run import NAMES, run_benchmarks
    from workers.stack.errors import StackError

    if only is not None and only not in NAMES:
        message = f"there is no benchmark {only!r}; there are {', '.join(NAMES)}"
        raise typer.BadParameter(message, param_hint="--only")
    try:
        measured = asyncio.run(run_benchmarks(only=only, free_ports=free_ports))
    except BenchFailed as error:
        raise StackError(str(error)) from error
    if not measured:
        raise typer.Exit(code=1)
