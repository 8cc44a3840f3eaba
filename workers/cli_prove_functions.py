"""`orders prove-functions`: functions against the server, on real orders."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("prove-functions")(prove_functions)


def prove_functions(
    orders: Annotated[int, typer.Option(help="How many orders each way.", min=1)] = 300,
    seed: Annotated[int, typer.Option(help="Which mixture of customers and faults.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="The result file.", show_default="bench/results/functions-….json"),
    ] = None,
) -> None:
    """Run pairs of equal orders on a stack of its own and compare their ledgers.

    The webhooks of one go through functions, queue and consumer function, those of its twin to the
    server; webhooks come twice and out of order, and the consumer is killed at random. The result
    goes to `bench/results/`; exit 1 if twins differ or anything else was found.
    """
    import asyncio
    import json

    from rich.console import Console

    from workers.lambda_proof.run import Proof, prove
    from workers.soak.report import RESULTS, SHOWN, versions
    from workers.stack.console import ConsoleReporter
    from workers.stack.foreground import cancelled_by_signals

    console = Console(highlight=False)

    async def run() -> Proof:
        with cancelled_by_signals():
            reporter = ConsoleReporter(console)
            return await prove(orders=orders, seed=seed, say=console.print, reporter=reporter)

    proof = asyncio.run(run())
    path = out or RESULTS / f"functions-{orders}-{seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {**proof.as_json(), "versions": versions()}
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    console.print(
        f"{proof.through_functions} webhooks through functions, "
        f"{proof.answers['server 200']} to the server, {proof.kills} kills"
    )
    for finding in proof.findings[:SHOWN]:
        console.print(f"[red]✗[/] {finding}")
    if proof.findings:
        raise typer.Exit(code=1)
    console.print(f"[bold green]the ledgers of {orders} pairs are identical[/]; result: {path}")
