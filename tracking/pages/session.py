"""`POST /session`: a token becomes a cookie that no script can read."""

import json
import re
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import InvalidToken
from domain.ports import Caller
from tracking.pages.shell import sign_in_page
from tracking.security import COOKIE, origin_allowed
from tracking.service import TrackingService

LARGEST_BODY: Final = 8192
NEXT: Final = re.compile(r"/wall|/track/ord_[a-z2-7]{20}")


async def open_session(request: Request) -> Response:
    """Answer `POST /session` with `{"token"}` as JSON, or a form with `token` and `next`."""
    service: TrackingService = request.app.state.service
    if not origin_allowed(request.headers, frozenset({service.settings.public_url})):
        return JSONResponse({"detail": "foreign origin"}, status_code=403)
    body = await _body(request)
    if body is None:
        return JSONResponse({"detail": "the body is too large"}, status_code=413)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form")
    fields = _form_fields(body) if is_form else _json_fields(body)
    token = fields.get("token")
    try:
        caller = service.deps.tokens.verify(token.strip() if isinstance(token, str) else "")
    except InvalidToken as error:
        if is_form:
            return HTMLResponse(sign_in_page(f"This code is no good: {error}."), status_code=401)
        return JSONResponse({"detail": str(error)}, status_code=401)
    answer = _following(fields.get("next")) if is_form else Response(status_code=204)
    _remember(answer, str(token).strip(), caller, service)
    return answer


def _remember(answer: Response, token: str, caller: Caller, service: TrackingService) -> None:
    left = caller.expires_at - service.deps.clock.now()
    answer.set_cookie(
        COOKIE,
        token,
        max_age=max(0, int(left.total_seconds())),
        httponly=True,
        # Not strict: a link in a mail has to arrive with the cookie of an earlier visit.
        samesite="lax",
        secure=service.settings.secure_cookies,
        path="/",
    )


def _following(target: object) -> Response:
    if isinstance(target, str) and NEXT.fullmatch(target):
        return RedirectResponse(target, status_code=303)
    return HTMLResponse(sign_in_page("Signed in. Now open the link to your order."))


async def _body(request: Request) -> bytes | None:
    """Return the body, or None if it is larger than any token needs."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return body


def _form_fields(body: bytes) -> dict[str, Any]:
    fields = parse_qs(body.decode(errors="replace"))
    return {name: values[0] for name, values in fields.items()}


def _json_fields(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
