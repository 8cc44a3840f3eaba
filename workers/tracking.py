"""The process that serves live tracking: WebSocket, event stream and the customer's page."""

import asyncio
import gc
from typing import Final

import uvicorn

from adapters.settings import Settings
from tracking.app import opened
from tracking.server import TrackingServer, listening_socket

GARBAGE_THRESHOLDS: Final = (50_000, 20, 100)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C: then send everybody away over the drain window, and stop.

    Raises:
        RuntimeError: Temporal does not answer, or the port is taken.
    """
    loop_factory = uvicorn.Config(serve, loop="auto").get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Serve in the running event loop."""
    _collect_garbage_seldom()
    with listening_socket(settings.bind_host, settings.tracking_port) as listener:
        async with opened(settings) as app:
            await TrackingServer(app).serve(sockets=[listener])


def _collect_garbage_seldom() -> None:
    """Spare what lives as long as the process, and look for cycles less often.

    Thousands of connections are hundreds of thousands of objects that live for hours; looking
    through all of them while a thousand clients return cost a quarter of the processor.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
