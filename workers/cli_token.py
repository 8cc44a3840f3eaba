"""`orders token`: a bearer token for development."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from domain.ports import Scope
from workers.environment import load_environment
from workers.options import DataOption
from workers.stack.errors import StackError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(token)


def token(
    customer: Annotated[str, typer.Option(help="Whom the token speaks for.")],
    scope: Annotated[Scope, typer.Option(help="What it allows.")] = Scope.CUSTOMER,
    hours: Annotated[float, typer.Option(help="How long it is valid.", min=0.001)] = 12,
    data: DataOption = None,
) -> None:
    """Print a bearer token, signed with the stack's secret."""
    from adapters.tokens import TokenIssuer

    if not customer.strip():
        message = "--customer is empty: give a customer id"
        raise StackError(message)
    secret = load_environment(data).get("ORDERS_JWT_SECRET")
    if not secret:
        message = "ORDERS_JWT_SECRET is not set: start the stack once with `orders up`, or set it"
        raise StackError(message)
    try:
        issuer = TokenIssuer(secret)
    except ValueError as error:
        raise StackError(str(error)) from error
    now, lifetime = datetime.now(UTC), timedelta(hours=hours)
    typer.echo(issuer.issue(customer, now=now, scope=scope, lifetime=lifetime))
