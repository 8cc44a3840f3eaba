"""`orders link`: the link of an order that stands in its mails."""

from typing import Annotated

import typer

from adapters.settings import Settings
from workers.environment import load_settings
from workers.options import DataOption
from workers.stack.errors import StackError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(link)


def link(
    order: Annotated[str, typer.Option(help="Which order it opens.")],
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Let no link mailed so far open it any more, first.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Print the link that stands in an order's mails from now on."""
    import asyncio

    from domain import ids

    if not ids.is_order_id(order):
        message = f"--order is {order!r}: give an order id"
        raise StackError(message)
    typer.echo(asyncio.run(_link(load_settings(data), order, revoke=revoke)))


async def _link(settings: Settings, order_id: str, *, revoke: bool) -> str:
    from adapters.mongo.connection import close, connect
    from adapters.mongo.link_keys import MongoLinkKeys
    from domain.errors import StoreUnavailable

    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        keys = MongoLinkKeys(database, settings.jwt_secret)
        if revoke:
            await keys.revoke(order_id)
        return f"{settings.tracking_url}/track/{order_id}?k={await keys.key(order_id)}"
    except StoreUnavailable as error:
        raise StackError(str(error)) from error
    finally:
        await close(database)
