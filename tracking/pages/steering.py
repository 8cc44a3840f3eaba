"""What a page needs to steer its order: a short-lived token of that order, and its documents."""

from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from activities.invoicing import document_file
from domain.errors import InvalidToken, OrderNotFound, ServiceUnavailable
from domain.view import OrderView
from tracking.pages.shell import problem_page
from tracking.polling import refused
from tracking.security import origin_allowed
from tracking.service import TrackingService

PASS_LIFETIME: Final = timedelta(minutes=5)
URL_LIFETIME_S: Final = 60


async def issue_pass(request: Request) -> Response:
    """Answer `POST /orders/{order_id}/pass`: a token for the API, of this order and five minutes.

    So the cookie stays where no script reads it, and the API needs to know no cookies.
    """
    service: TrackingService = request.app.state.service
    if not origin_allowed(request.headers, frozenset({service.settings.public_url})):
        return refused(403, "foreign origin", {})
    try:
        view = await _view(request, service)
    except InvalidToken as error:
        return refused(401, str(error), {"WWW-Authenticate": "Bearer"})
    except OrderNotFound:
        return refused(404, "there is no such order", {})
    except ServiceUnavailable:
        return refused(503, "the order cannot be read right now", {"Retry-After": "2"})
    now = service.deps.clock.now()
    token = service.deps.passes.issue(
        view.customer_id, now=now, lifetime=PASS_LIFETIME, order_id=view.order_id
    )
    expires_at = (now + PASS_LIFETIME).isoformat()
    return JSONResponse(
        {"token": token, "expires_at": expires_at, "api_url": service.settings.api_url}
    )


async def document(request: Request) -> Response:
    """Answer `GET /orders/{order_id}/documents/{number}`: on to the PDF, for a minute."""
    service: TrackingService = request.app.state.service
    number = request.path_params["number"]
    try:
        view = await _view(request, service)
        url = await _url(service, view, number)
    except InvalidToken:
        text = "Please open the link from your mail once more, then try again."
        return HTMLResponse(problem_page("Your visit has ended", text), status_code=401)
    except OrderNotFound:
        text = "This order has no such document."
        return HTMLResponse(problem_page("Document not found", text), status_code=404)
    except ServiceUnavailable:
        text = "We cannot fetch it this very moment. Please try again in a minute."
        page = problem_page("One moment, please", text)
        return HTMLResponse(page, status_code=503, headers={"Retry-After": "5"})
    return RedirectResponse(url, status_code=303)


async def _url(service: TrackingService, view: OrderView, number: str) -> str:
    if number not in {each.number for each in view.documents}:
        raise OrderNotFound
    filename = f"{number.replace('/', '-')}.pdf"
    return await service.deps.files.url(document_file(number), URL_LIFETIME_S, filename)


async def _view(request: Request, service: TrackingService) -> OrderView:
    order_id = request.path_params["order_id"]
    visitor = await service.authority.of(request.headers, request.cookies, order_id)
    return await service.reading.view(order_id, visitor.caller)
