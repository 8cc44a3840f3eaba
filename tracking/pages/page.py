"""`GET /track/{order_id}`: an order for whoever may see it, else a place to say who they are."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from domain import ids
from domain.catch_up import contiguous
from domain.errors import InvalidToken, OrderNotFound, ServiceUnavailable
from domain.events import OrderEvent
from domain.ports import Position
from domain.view import OrderView
from tracking.authority import LINK_VISIT, LinkRevoked, NobodyKnown, Visitor, link_cookie
from tracking.pages.rendering import order_page
from tracking.pages.shell import problem_page, sign_in_page
from tracking.pages.story import Entry, entries_of
from tracking.service import TrackingService


async def track(request: Request) -> Response:
    """Answer with the order's page; unknown and foreign orders look the same.

    With the key of a mailed link in its address it leads to the clean one.
    """
    service: TrackingService = request.app.state.service
    order_id, key = request.path_params["order_id"], request.query_params.get("k")
    try:
        if key is not None:
            return _remembered(service, order_id, await service.authority.of_link(order_id, key))
        return HTMLResponse(await _page(service, request, order_id))
    except InvalidToken as error:
        return _stranger(error, order_id)
    except OrderNotFound:
        text = "There is no such order among yours. Please check the link in your mail."
        return HTMLResponse(problem_page("Order not found", text), status_code=404)
    except ServiceUnavailable:
        text = "We cannot look it up this very moment. Please try again in a minute."
        page = problem_page("One moment, please", text)
        return HTMLResponse(page, status_code=503, headers={"Retry-After": "5", "Refresh": "5"})


async def _page(service: TrackingService, request: Request, order_id: str) -> str:
    visitor = await service.authority.of(request.headers, request.cookies, order_id)
    view = await service.reading.view(order_id, visitor.caller)
    stored = await service.deps.log.read(view.order_id, view.epoch, 0)
    return order_page(view, _entries(view, stored), service.deps.clock.now())


def _stranger(error: InvalidToken, order_id: str) -> Response:
    """Return a place to say who they are; a link that was revoked is forgotten."""
    if isinstance(error, NobodyKnown):
        return HTMLResponse(sign_in_page())
    if not isinstance(error, LinkRevoked):
        return HTMLResponse(sign_in_page("Your visit has ended. Please open the link once more."))
    said = "This link is no longer valid. Please open the newest one from your mail."
    answer = HTMLResponse(sign_in_page(said), status_code=403)
    if ids.is_order_id(order_id):
        answer.delete_cookie(link_cookie(order_id), path="/")
    return answer


def _entries(view: OrderView, stored: Sequence[OrderEvent]) -> Sequence[Entry]:
    events = contiguous(stored, Position(epoch=view.epoch, sequence=0))[: view.sequence]
    return entries_of(events)


def _remembered(service: TrackingService, order_id: str, visitor: Visitor) -> Response:
    """Return the clean address, and the link's key as a cookie that no script can read."""
    answer = RedirectResponse(f"/track/{order_id}", status_code=303)
    answer.set_cookie(
        link_cookie(order_id),
        visitor.link_key or "",
        max_age=int(LINK_VISIT.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=service.settings.secure_cookies,
        path="/",
    )
    return answer
