"""Puts the API together from its dependencies; opens nothing, so tests run it in process."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.dependencies import Dependencies
from api.middleware.body_limit import BodyLimit
from api.middleware.figures import CountRequests, Figures
from api.middleware.headers import SecurityHeaders
from api.problems import handlers, openapi
from api.problems.field_errors import IDEMPOTENCY_HEADER
from api.routes import (
    catalogue,
    commands,
    documents,
    events,
    health,
    operations,
    orders,
    payouts,
    quotes,
    webhooks,
)

VERSION: Final = "1.0"
ROUTERS: Final = (
    catalogue.router,
    quotes.router,
    orders.router,
    commands.router,
    events.router,
    documents.router,
    webhooks.router,
    operations.router,
    payouts.router,
    health.router,
)


def create_app(deps: Dependencies) -> FastAPI:
    """Return the application. It uses `deps` and closes none of it."""
    figures = Figures()
    app = FastAPI(
        title="Orders",
        version=VERSION,
        description="Quotes, orders, payments, tracking. Errors are problem details (RFC 9457).",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
    )
    app.state.dependencies = deps
    app.state.figures = figures
    for router in ROUTERS:
        app.include_router(router)
    handlers.install(app)
    openapi.describe(app)
    app.add_middleware(BodyLimit, figures=figures)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[_origin(deps.settings.tracking_url)],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", IDEMPOTENCY_HEADER],
        expose_headers=["Location", "Retry-After"],
        max_age=600,
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CountRequests, figures=figures)
    return app


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
