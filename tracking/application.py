"""The Starlette application over ports: routes, and the running service behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from tracking import health
from tracking.dependencies import Dependencies
from tracking.live.endpoint import live
from tracking.service import TrackingService


def create_app(deps: Dependencies) -> Starlette:
    """Return the application; its lifespan runs the background work."""
    service = TrackingService(deps)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = Starlette(
        routes=[WebSocketRoute("/live", live), *health.ROUTES],
        lifespan=lifespan,
    )
    app.state.service = service
    return app
