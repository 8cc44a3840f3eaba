"""Commands that run one process of the system, each in the foreground until SIGTERM."""

import importlib
from typing import Annotated, Literal

import typer

from workers.environment import load_environment, load_settings
from workers.options import DataOption
from workers.stack.errors import StackError

NAME = typer.Argument(help="Which one; `all` runs every one in this process.", metavar="NAME")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(provision)
    app.command()(seed)
    app.command()(worker)
    app.command()(consumer)
    app.command()(api)
    app.command()(tracking)
    app.command()(sandbox)


def provision(
    data: DataOption = None,
    dry_run: Annotated[bool, typer.Option(help="Only show what would be done.")] = False,
    terraform: Annotated[
        bool, typer.Option(help="Print topics and queues as Terraform instead; touches nothing.")
    ] = False,
) -> None:
    """Create topics, queues, subscriptions, indexes and the bucket. Safe to repeat."""
    if terraform:
        from workers.event_topology import terraform as configuration

        typer.echo(configuration(), nl=False)
        return
    _run("provision", load_settings(data), dry_run)


def seed(data: DataOption = None) -> None:
    """Put a catalogue with stock into the database. Safe to repeat."""
    _run("seed", load_settings(data))


def worker(name: Annotated[str, NAME], data: DataOption = None) -> None:
    """Run a Temporal worker: orders, payments, delivery, invoicing, notifications, schedules."""
    _run("run_worker", load_settings(data), name)


def consumer(name: Annotated[str, NAME], data: DataOption = None) -> None:
    """Run a consumer of order events; `all-but:A,B` runs every one but these."""
    _run("run_consumer", load_settings(data), name)


def api(data: DataOption = None) -> None:
    """Serve the HTTP API."""
    _run("api", load_settings(data))


def tracking(data: DataOption = None) -> None:
    """Serve live tracking: WebSocket and the customer's page."""
    _run("tracking", load_settings(data))


def sandbox(
    name: Annotated[Literal["razorpay", "courier"], typer.Argument(help="Which provider.")],
    data: DataOption = None,
) -> None:
    """Serve a sandbox of a provider, for development and tests."""
    settings, env = load_settings(data), load_environment(data)
    if settings.env == "production":
        message = "ORDERS_ENV is production: sandboxes are for development"
        raise StackError(message)
    if name == "razorpay":
        from sandbox.razorpay import server as razorpay

        razorpay.run(env, settings.bind_host, settings.razorpay_sandbox_port)
    else:
        from sandbox.courier import server as courier

        courier.run(env, settings.bind_host, settings.courier_sandbox_port)


def _run(module: str, *arguments: object) -> None:
    """Run a process module, imported only now: its libraries take a second to load."""
    importlib.import_module(f"workers.{module}").run(*arguments)
