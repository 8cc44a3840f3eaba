"""The control surface that both sandboxes share: faults, clock, evidence.

How a sandbox uses it:

    panel = ControlPanel(clock=Clock(), state=lambda: {...})
    panel.agenda.plan(due_at, action)          # delays of the provider, on the clock
    app = Starlette(routes=[*my_routes, *panel.routes()], middleware=[panel.middleware(rules)])
    # and, in the lifespan, `await panel.agenda.run()` as a background task

`routes()` serves `PUT/DELETE/GET /_control/faults`, `POST/GET /_control/clock`,
`GET /_control/requests` (`?method=&path=&after=`) and `GET /_control/state`. A control request that
cannot be obeyed raises `ControlError`; wrap further control endpoints with `control_endpoint` to
answer it in the same form: 400 `{"error": {"field", "problem", "remedy"}}`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clock import Agenda, Clock
from sandbox.faults import ControlError, FaultSwitches, parse_plan
from sandbox.recording import RequestRecorder
from sandbox.traffic import Traffic, TrafficRules

__all__ = [
    "Agenda",
    "Clock",
    "ControlError",
    "ControlPanel",
    "FaultSwitches",
    "RequestRecorder",
    "TrafficRules",
    "control_endpoint",
    "read_json",
]

Endpoint = Callable[[Request], Awaitable[Response]]

LONGEST_JUMP_S = 10 * 366 * 86_400


class ControlPanel:
    """Clock, agenda, fault switches and recorder of one sandbox, and their HTTP routes.

    Args:
        clock: the sandbox clock.
        state: returns every entity of the sandbox as JSON-ready data.
        on_change: called after the clock was moved, so that the sandbox can persist it.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        state: Callable[[], Mapping[str, object]],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock
        self.agenda = Agenda(clock)
        self.switches = FaultSwitches()
        self.recorder = RequestRecorder()
        self._state = state
        self._on_change = on_change

    def middleware(self, rules: TrafficRules) -> Middleware:
        """Return the middleware that records the provider's API and lets faults strike it."""
        return Middleware(
            Traffic,
            rules=rules,
            switches=self.switches,
            recorder=self.recorder,
            clock=self.clock,
        )

    def routes(self) -> list[Route]:
        """Return the shared `/_control` routes."""
        return [
            Route(
                "/_control/faults",
                control_endpoint(self._faults),
                methods=["GET", "PUT", "DELETE"],
            ),
            Route(
                "/_control/clock",
                control_endpoint(self._clock),
                methods=["GET", "POST"],
            ),
            Route("/_control/requests", control_endpoint(self._requests), methods=["GET"]),
            Route("/_control/state", control_endpoint(self._everything), methods=["GET"]),
        ]

    async def _faults(self, request: Request) -> Response:
        if request.method == "PUT":
            self.switches.put(parse_plan(await read_json(request)))
        elif request.method == "DELETE":
            self.switches.clear()
        return JSONResponse(self.switches.plan.as_json())

    async def _clock(self, request: Request) -> Response:
        ran = 0
        if request.method == "POST":
            ran = self.agenda.advance(_advance_s(await read_json(request)))
            self._on_change()
        return JSONResponse(
            {"now": self.clock.now(), "speed": self.clock.speed, "actions_run": ran}
        )

    async def _requests(self, request: Request) -> Response:
        query = request.query_params
        after = query.get("after", "0")
        if not after.isdecimal():
            problem = f"not a call number: {after!r}"
            raise ControlError(field="after", problem=problem, remedy="Send a whole number")
        items = self.recorder.select(
            method=query.get("method"), path=query.get("path"), after=int(after)
        )
        return JSONResponse({"total": self.recorder.total, "count": len(items), "items": items})

    async def _everything(self, _request: Request) -> Response:
        return JSONResponse(dict(self._state()))


def control_endpoint(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that a `ControlError` becomes a 400 that names field and remedy."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlError as error:
            body = {
                "field": error.field,
                "problem": error.problem,
                "remedy": error.remedy,
            }
            return JSONResponse({"error": body}, status_code=400)

    return answer


async def read_json(request: Request) -> object:
    """Return the JSON body of a control request.

    Raises:
        ControlError: the body is not JSON.
    """
    try:
        body: object = json.loads(await request.body())
    except ValueError as error:
        problem = f"not JSON ({error})"
        raise ControlError(field="body", problem=problem, remedy="Send a JSON object") from error
    return body


def _advance_s(body: object) -> float:
    given = body.get("advance_s") if isinstance(body, dict) else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        problem = f"not a number: {given!r}"
        raise ControlError(field="advance_s", problem=problem, remedy='Send {"advance_s": 60}')
    if not 0 <= given <= LONGEST_JUMP_S:
        remedy = f"Send seconds from 0 to {LONGEST_JUMP_S}; the clock only moves forward"
        raise ControlError(field="advance_s", problem=f"out of range: {given!r}", remedy=remedy)
    return float(given)
