"""`GET /track/{order_id}`: an order for whoever may see it, else a place to say who they are."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.catch_up import contiguous
from domain.errors import InvalidToken, OrderNotFound, ServiceUnavailable
from domain.ports import Position
from tracking.pages.rendering import order_page, problem_page, sign_in_page
from tracking.pages.story import entries_of
from tracking.security import bearer_token
from tracking.service import TrackingService


async def track(request: Request) -> HTMLResponse:
    """Answer with the order's page; unknown and foreign orders look the same."""
    service: TrackingService = request.app.state.service
    token = bearer_token(request.headers, request.cookies)
    if token is None:
        return HTMLResponse(sign_in_page())
    try:
        caller = service.deps.tokens.verify(token)
    except InvalidToken:
        return HTMLResponse(sign_in_page("Your visit has ended. Please open the link once more."))
    try:
        view = await service.reading.view(request.path_params["order_id"], caller)
        stored = await service.deps.log.read(view.order_id, view.epoch, 0)
    except OrderNotFound:
        text = "There is no such order among yours. Please check the link in your mail."
        return HTMLResponse(problem_page("Order not found", text), status_code=404)
    except ServiceUnavailable:
        text = "We cannot look it up this very moment. Please try again in a minute."
        page = problem_page("One moment, please", text)
        return HTMLResponse(page, status_code=503, headers={"Retry-After": "5", "Refresh": "5"})
    events = contiguous(stored, Position(epoch=view.epoch, sequence=0))[: view.sequence]
    return HTMLResponse(order_page(view, entries_of(events)))
