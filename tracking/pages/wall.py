"""`GET /wall`: all orders as they move, for ops and for the office wall."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain.errors import InvalidToken, ServiceUnavailable
from domain.ports import Scope
from tracking.authority import NobodyKnown
from tracking.pages.shell import problem_page, sign_in_page
from tracking.pages.wall_page import wall_page
from tracking.service import TrackingService


async def wall(request: Request) -> Response:
    """Answer with the wall for ops, with a place to sign in for everybody else."""
    service: TrackingService = request.app.state.service
    try:
        caller = (await service.authority.of(request.headers, request.cookies, None)).caller
    except NobodyKnown:
        return HTMLResponse(sign_in_page("", TITLE, LEAD))
    except InvalidToken:
        return HTMLResponse(sign_in_page("Please sign in once more.", TITLE, LEAD))
    except ServiceUnavailable:
        text = "We cannot look you up this very moment. Please try again in a minute."
        return HTMLResponse(problem_page("One moment, please", text), status_code=503)
    if caller.scope is not Scope.OPS or caller.order_id is not None:
        said = "This wall is for operations. Sign in with an access code of yours."
        page = sign_in_page(said, TITLE, LEAD)
        return HTMLResponse(page, status_code=403)
    return HTMLResponse(wall_page())


TITLE = "Operations wall"
LEAD = "Everything that moves, as it moves. Sign in with an access code for operations."
