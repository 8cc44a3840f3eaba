"""What infrastructure asks."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.dependencies import Deps, FiguresOf, HealthCheck
from api.problems import catalogue as types
from api.problems.openapi import problems
from api.problems.problem import Problem

router = APIRouter(tags=["infrastructure"])

CHECK_DEADLINE_S: Final = 2.0


class Health(BaseModel):
    """The process is alive."""

    status: str = "ok"


class Readiness(BaseModel):
    """Every backing service answers."""

    status: str = "ready"
    checks: dict[str, str]


class ProblemTypeBody(BaseModel):
    """What a problem's `type` means."""

    type: str
    status: int
    title: str
    remedy: str


@router.get("/healthz")
async def healthz() -> Health:
    """Tell that the process lives; asks nobody."""
    return Health()


@router.get("/readyz", responses=problems(types.NOT_READY))
async def readyz(deps: Deps) -> Readiness:
    """Ask each backing service, all at once; name those that do not answer in two seconds."""
    names = list(deps.health)
    results = await asyncio.gather(*(_check(deps.health[name]) for name in names))
    checks = dict(zip(names, results, strict=True))
    missing = [name for name, result in checks.items() if result != "ok"]
    if missing:
        raise Problem(
            types.NOT_READY,
            f"no answer from {', '.join(missing)}",
            headers={"Retry-After": "2"},
            members={"missing": missing, "checks": checks},
        )
    return Readiness(checks=checks)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(figures: FiguresOf) -> Response:
    """Show the figures for Prometheus."""
    return Response(figures.exposition(), headers={"Content-Type": figures.media_type})


@router.get("/problems/{slug}", responses=problems(types.NOT_FOUND))
async def explain_problem(slug: str) -> ProblemTypeBody:
    """Explain a problem's `type`."""
    found = types.PROBLEM_TYPES.get(slug)
    if found is None:
        raise Problem(types.NOT_FOUND, "there is no such problem type")
    return ProblemTypeBody(
        type=found.uri, status=found.status, title=found.title, remedy=found.remedy
    )


async def _check(check: HealthCheck) -> str:
    """Return `ok`, or the kind of failure; details could hold addresses and stay in the log."""
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises means: not ready
        return type(error).__name__
    return "ok"
