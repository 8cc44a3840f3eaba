"""What infrastructure asks."""

import asyncio
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracking.dependencies import HealthCheck
from tracking.service import TrackingService

CHECK_DEADLINE_S: Final = 2.0


async def healthz(request: Request) -> JSONResponse:
    """Tell that the process lives; asks nobody."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """Ask each backing service at once; not ready while draining."""
    service: TrackingService = request.app.state.service
    names = list(service.deps.health)
    results = await asyncio.gather(*(_check(service.deps.health[name]) for name in names))
    checks = dict(zip(names, results, strict=True))
    if service.connections.draining:
        checks["process"] = "draining"
    if service.broken:
        checks["process"] = "broken"
    if not service.fanout.hears:
        checks["live_feed"] = "not heard"
    missing = [name for name, result in checks.items() if result != "ok"]
    if missing:
        body = {"status": "not ready", "missing": missing, "checks": checks}
        return JSONResponse(body, status_code=503, headers={"Retry-After": "2"})
    return JSONResponse({"status": "ready", "checks": checks})


async def metrics(request: Request) -> Response:
    """Show the figures for Prometheus."""
    service: TrackingService = request.app.state.service
    return Response(
        generate_latest(service.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


ROUTES = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]


async def _check(check: HealthCheck) -> str:
    """Return `ok`, or the kind of failure; details could hold addresses and are not shown."""
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means: not ready
        return type(error).__name__
    return "ok"
