"""The control surface that only the courier has: scripts, single steps, its own switches.

- `PUT /_control/script` `{script, step_s, awb?}`: without `awb` for every parcel whose pickup is
  scheduled later; `step_s: 0` makes parcels stand until they are advanced by hand.
- `POST /_control/shipments/{awb}/advance` `{to?}`: one step of the script, or all steps up to the
  status `to` (a table A name or number; also `not_at_home`, `attempt_failed`, `cancelled`).
- `PUT/DELETE /_control/switches`: see `sandbox.courier.switches`; `wallet` sets the balance.
- `PUT /_control/faults` also takes `webhooks.backwards`: how often a webhook is followed by an
  older state of the same parcel.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import ControlError, control_endpoint, read_json
from sandbox.courier.depot import Depot, depot_of
from sandbox.courier.movement.journeys import SCRIPTS
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.switches import Switches, probability
from sandbox.courier.wire.rupees import to_paise
from sandbox.faults import parse_plan

ALIASES: Final = {
    "NOT_AT_HOME": ShipmentStatus.UNDELIVERED,
    "ATTEMPT_FAILED": ShipmentStatus.UNDELIVERED,
    "CANCELLED": ShipmentStatus.CANCELED,
    "RTO": ShipmentStatus.RTO_INITIATED,
}
SLOWEST_STEP_S: Final = 86_400


async def put_script(request: Request) -> Response:
    """PUT /_control/script."""
    depot = depot_of(request)
    body = _object(await read_json(request), ("script", "step_s", "awb"))
    state = depot.account.state
    script = _script(body.get("script", state.script))
    step_s = _step_s(body.get("step_s", state.step_s))
    if body.get("awb") is None:
        state.script, state.step_s = script, step_s
        depot.account.save()
    else:
        depot.clockwork.follow(_parcel(depot, body["awb"]), script, step_s=step_s)
    return JSONResponse({"script": script, "step_s": step_s, "awb": body.get("awb")})


async def advance(request: Request) -> Response:
    """POST /_control/shipments/{awb}/advance."""
    depot = depot_of(request)
    parcel = _parcel(depot, request.path_params["awb"])
    body = _object(await read_json(request) if await request.body() else {}, ("to",))
    status = None if body.get("to") is None else _status(body["to"])
    if parcel.is_over and status is parcel.status:
        return JSONResponse({"parcel": parcel.as_document()})
    if parcel.is_over:
        problem = f"{parcel.awb} is {parcel.status.label.lower()}, which is the end"
        raise ControlError(field="awb", problem=problem, remedy="Advance another parcel")
    if parcel.pickup_scheduled_at is None:
        problem = f"{parcel.awb} has no scheduled pickup"
        raise ControlError(field="awb", problem=problem, remedy="Generate its pickup first")
    _move(depot, parcel, status)
    return JSONResponse({"parcel": parcel.as_document()})


async def switches(request: Request) -> Response:
    """GET, PUT (any subset) or DELETE /_control/switches."""
    depot = depot_of(request)
    account = depot.account
    if request.method == "DELETE":
        account.set_switches(Switches())
    elif request.method == "PUT":
        body = dict(_object(await read_json(request), None))
        wallet = _wallet(body.pop("wallet")) if "wallet" in body else account.state.wallet_paise
        changed = account.switches.with_changes(body)
        account.state.wallet_paise = wallet
        account.set_switches(changed)
    shown = account.switches.as_json() | {"wallet_paise": account.state.wallet_paise}
    return JSONResponse(shown)


async def faults(request: Request) -> Response:
    """GET, PUT or DELETE /_control/faults: the shared switches and `webhooks.backwards`."""
    depot = depot_of(request)
    if request.method == "PUT":
        body = dict(_object(await read_json(request), None))
        webhooks = body.get("webhooks")
        backwards = 0.0
        if isinstance(webhooks, Mapping) and "backwards" in webhooks:
            body["webhooks"] = dict(webhooks)
            backwards = probability("webhooks.backwards", body["webhooks"].pop("backwards"))
        plan = parse_plan(body)
        depot.panel.switches.put(plan)
        depot.webhooks.set_backwards(backwards, seed=plan.seed)
    elif request.method == "DELETE":
        depot.panel.switches.clear()
        depot.webhooks.set_backwards(0.0, seed=0)
    shown: dict[str, Any] = depot.panel.switches.plan.as_json()
    shown["webhooks"] = shown["webhooks"] | {"backwards": depot.webhooks.backwards}
    return JSONResponse(shown)


def _move(depot: Depot, parcel: Parcel, status: ShipmentStatus | None) -> None:
    if status is ShipmentStatus.CANCELED:
        if not depot.clockwork.cancel(parcel, at=depot.now()):
            problem = f"{parcel.awb} has been picked up"
            raise ControlError(field="to", problem=problem, remedy='Send {"to": "rto_initiated"}')
    elif status is not None:
        if not parcel.may_become(status):
            problem = f"{parcel.awb} is {parcel.status.label} and never comes to {status.label}"
            raise ControlError(field="to", problem=problem, remedy="Choose a later status")
        depot.clockwork.step_to(parcel, status)
    elif not depot.clockwork.step(parcel):
        problem = f"the script of {parcel.awb} waits for an NDR action"
        remedy = 'Send {"to": "delivered"} or act on the failed delivery'
        raise ControlError(field="to", problem=problem, remedy=remedy)


def _object(body: object, names: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise ControlError(field="body", problem="not a JSON object", remedy="Send an object")
    for name in body:
        if names is not None and name not in names:
            remedy = f"Known are {', '.join(names)}"
            raise ControlError(field=str(name), problem="unknown", remedy=remedy)
    return body


def _script(value: object) -> str:
    if not isinstance(value, str) or value not in SCRIPTS:
        remedy = f"Send one of {', '.join(SCRIPTS)}"
        raise ControlError(field="script", problem=f"unknown: {value!r}", remedy=remedy)
    return value


def _step_s(value: object) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= float(str(value)) <= SLOWEST_STEP_S:
        remedy = f"Send seconds from 0 to {SLOWEST_STEP_S}; 0 stops the clockwork"
        raise ControlError(field="step_s", problem=f"unusable: {value!r}", remedy=remedy)
    return float(str(value))


def _parcel(depot: Depot, awb: object) -> Parcel:
    parcel = depot.parcels.of_awb(awb)
    if parcel is None:
        remedy = "GET /_control/state lists every parcel"
        raise ControlError(field="awb", problem=f"no parcel bears {awb!r}", remedy=remedy)
    return parcel


def _status(value: object) -> ShipmentStatus:
    name = str(value).strip().upper().replace(" ", "_").replace("-", "_")
    if name in ALIASES:
        return ALIASES[name]
    if name in ShipmentStatus.__members__:
        return ShipmentStatus[name]
    if name.isdecimal() and int(name) in set(ShipmentStatus):
        return ShipmentStatus(int(name))
    remedy = "Send a table A name such as out_for_delivery, or its number"
    raise ControlError(field="to", problem=f"no such status: {value!r}", remedy=remedy)


def _wallet(value: object) -> int:
    amount = to_paise(value)
    if amount is None:
        remedy = 'Send rupees, such as "1500.00"'
        raise ControlError(field="wallet", problem=f"not an amount: {value!r}", remedy=remedy)
    return amount


ROUTES: Final = [
    Route("/_control/script", control_endpoint(put_script), methods=["PUT"]),
    Route("/_control/shipments/{awb}/advance", control_endpoint(advance), methods=["POST"]),
    Route("/_control/switches", control_endpoint(switches), methods=["GET", "PUT", "DELETE"]),
    Route("/_control/faults", control_endpoint(faults), methods=["GET", "PUT", "DELETE"]),
]
