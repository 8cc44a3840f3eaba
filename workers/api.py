"""The process that serves the HTTP API."""

import asyncio

import uvicorn

from adapters.settings import Settings
from api.app import opened
from domain.errors import OrderUnavailable
from workers.stack.errors import StackError
from workers.stack.ports import refuse_taken_port
from workers.structured_logs import configure_logs

DRAIN_S = 15
"""Longer than the slowest command (10 s), so that a caller gets the answer to what was begun."""
KEEP_ALIVE_S = 20


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C: then take nothing new, answer what was begun, close.

    Raises:
        StackError: the port is taken, or Temporal does not answer; says what to do.
    """
    configure_logs()
    refuse_taken_port("api", settings.api_port)
    try:
        asyncio.run(serve(settings))
    except OrderUnavailable as error:
        raise StackError(str(error)) from error


async def serve(settings: Settings) -> None:
    """Serve in the running event loop."""
    async with opened(settings) as app:
        config = uvicorn.Config(
            app,
            host=settings.bind_host,
            port=settings.api_port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=DRAIN_S,
        )
        await uvicorn.Server(config).serve()
