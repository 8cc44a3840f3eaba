"""The courier sandbox as an ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router

from sandbox.control import TrafficRules
from sandbox.courier.config import CourierSandboxConfig
from sandbox.courier.depot import Depot
from sandbox.courier.gate import Gate
from sandbox.courier.routes import (
    account,
    addresses,
    combined,
    control,
    orders,
    page,
    papers,
    shipping,
    tracking,
)
from sandbox.courier.wire.answers import (
    Refused,
    answer_refusal,
    answer_unknown_path,
    error_answer,
)

API_PATH = "/v1/external"
API_PARTS = (account, orders, addresses, shipping, papers, combined, tracking)


def create_app(config: CourierSandboxConfig) -> Starlette:
    """Build the application: the provider's API, the control surface and the page.

    Parcels in `config.data_path` are known again at once and move on when the application starts.
    """
    depot = Depot(config)
    api = Router(
        [route for part in API_PARTS for route in part.ROUTES],
        redirect_slashes=False,
    )
    own: list[Route] = [*control.ROUTES, *papers.FILES, *page.ROUTES]
    rules = TrafficRules(covers=_is_api, error_answer=error_answer)
    app = Starlette(
        routes=[Mount(API_PATH, app=Gate(api)), *own, *depot.panel.routes()],
        middleware=[depot.panel.middleware(rules)],
        exception_handlers={
            Refused: answer_refusal,
            404: answer_unknown_path,
            405: answer_unknown_path,
        },
        lifespan=_lifespan,
    )
    app.state.depot = depot
    return app


def _is_api(path: str) -> bool:
    return path.startswith("/v1/")


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    depot: Depot = app.state.depot
    depot.resume()
    clock = asyncio.create_task(depot.panel.agenda.run())
    try:
        yield
    finally:
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
        await depot.close()
