"""`GET /orders/{order_id}/events?after=`: the log for networks that let nothing else through."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.catch_up import Attached
from domain.errors import InvalidToken, OrderNotFound, ServiceUnavailable
from domain.ports import Position
from domain.ports.envelopes import Enveloped
from domain.wire import JSON
from tracking.live.inbound import STRANGE
from tracking.projection import document_shown, sees_all, snapshot_of
from tracking.security import POSITION
from tracking.service import TrackingService


async def events(request: Request) -> Response:
    """Answer with what is missing after a position, judged as for the other transports."""
    service: TrackingService = request.app.state.service
    order_id = request.path_params["order_id"]
    try:
        visitor = await service.authority.of(request.headers, request.cookies, order_id)
        view = await service.reading.view(order_id, visitor.caller)
        since = _position(request, view.epoch)
        attachment = await service.reading.attach(order_id, visitor.caller, since)
    except InvalidToken as error:
        return refused(401, str(error), {"WWW-Authenticate": "Bearer"})
    except OrderNotFound:
        return refused(404, "there is no such order", {})
    except ServiceUnavailable:
        return refused(503, "the order cannot be read right now", {"Retry-After": "2"})
    service.metrics.polls.inc()
    return JSONResponse(_document(order_id, attachment, to_ops=sees_all(visitor.caller)))


def refused(status: int, detail: str, headers: dict[str, str]) -> Response:
    """Return a refusal in plain JSON."""
    return JSONResponse({"detail": detail}, status_code=status, headers=headers)


def _document(order_id: str, attachment: Attached[Enveloped], *, to_ops: bool) -> JSON:
    view = attachment.snapshot
    return {
        "order_id": order_id,
        "mode": attachment.mode.value,
        "epoch": attachment.position.epoch,
        "sequence": attachment.position.sequence,
        "events": [document_shown(e.document, to_ops=to_ops) for e in attachment.events],
        "snapshot": snapshot_of(view, to_ops=to_ops) if view else None,
    }


def _position(request: Request, epoch: int) -> Position | None:
    """Return where a reader stands; without `after` it wants a snapshot."""
    after = request.query_params.get("after")
    if after is None:
        return None
    found = POSITION.fullmatch(f"{request.query_params.get('epoch', epoch)}:{after}")
    return Position(epoch=int(found[1]), sequence=int(found[2])) if found else STRANGE
