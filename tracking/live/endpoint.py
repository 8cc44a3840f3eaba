"""`/live`: who may open a socket. What a client must tell apart comes after the handshake."""

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from tracking.live.connection import Connection
from tracking.security import address_of, origin_allowed
from tracking.service import TrackingService


async def live(socket: WebSocket) -> None:
    """Serve one WebSocket of the protocol `orders.v1`."""
    service: TrackingService = socket.app.state.service
    peer = socket.client.host if socket.client else ""
    address = address_of(socket.headers, peer, service.settings.proxies)
    turned = service.connections.refusal(address)
    if turned is not None:
        headers = {"Retry-After": str(turned.retry_after_s)}
        answer = PlainTextResponse(turned.reason, status_code=turned.status, headers=headers)
        await socket.send_denial_response(answer)
        return
    if not origin_allowed(socket.headers, service.settings.origins):
        service.metrics.rejected.labels("origin").inc()
        await socket.send_denial_response(PlainTextResponse("foreign origin", status_code=403))
        return
    await Connection(socket, service, address).serve()
