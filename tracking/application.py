"""The Starlette application over ports: routes, and the running service behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from tracking import health
from tracking.dependencies import Dependencies
from tracking.headers import SecurityHeaders
from tracking.live.endpoint import live
from tracking.pages.assets import FOLDER
from tracking.pages.page import track
from tracking.pages.session import open_session
from tracking.pages.steering import document, issue_pass
from tracking.pages.wall import wall
from tracking.polling import events
from tracking.service import TrackingService
from tracking.stream import stream


def create_app(deps: Dependencies) -> Starlette:
    """Return the application; its lifespan runs the background work."""
    service = TrackingService(deps)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = Starlette(
        routes=[
            WebSocketRoute("/live", live),
            Route("/track/{order_id}", track),
            Route("/session", open_session, methods=["POST"]),
            Route("/wall", wall),
            Route("/orders/{order_id}/stream", stream),
            Route("/orders/{order_id}/events", events),
            Route("/orders/{order_id}/pass", issue_pass, methods=["POST"]),
            Route("/orders/{order_id}/documents/{number:path}", document),
            Mount("/static", StaticFiles(directory=FOLDER)),
            *health.ROUTES,
        ],
        middleware=[
            Middleware(
                SecurityHeaders,
                public_url=deps.settings.public_url,
                api_url=deps.settings.api_url,
            ),
            Middleware(
                CORSMiddleware,  # for the client module on pages of a shop; never with cookies
                allow_origins=sorted(deps.settings.origins),
                allow_methods=["GET"],
                allow_headers=["Authorization"],
                max_age=600,
            ),
        ],
        lifespan=lifespan,
    )
    app.state.service = service
    return app
