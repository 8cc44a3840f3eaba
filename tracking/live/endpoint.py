"""`/live`: who may open a socket. What a client must tell apart comes after the handshake."""

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from tracking.live.connection import Connection
from tracking.security import origin_allowed
from tracking.service import TrackingService


async def live(socket: WebSocket) -> None:
    """Serve one WebSocket of the protocol `orders.v1`."""
    service: TrackingService = socket.app.state.service
    if service.connections.draining:
        service.metrics.rejected.labels("draining").inc()
        await socket.send_denial_response(
            PlainTextResponse("stopping", status_code=503, headers={"Retry-After": "1"})
        )
        return
    if not origin_allowed(socket.headers, service.settings.origins):
        service.metrics.rejected.labels("origin").inc()
        await socket.send_denial_response(PlainTextResponse("foreign origin", status_code=403))
        return
    await Connection(socket, service).serve()
