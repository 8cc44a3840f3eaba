"""The frame of every API endpoint: Basic auth, a parsed call, errors in Razorpay's form."""

import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api.errors import ApiError, invalid_input, wrong_keys
from sandbox.razorpay.config import RazorpaySandboxConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One authenticated API call.

    Attributes:
        account: the merchant's account.
        ids: the ids in the path, by name.
        query: query parameters in order, as sent.
        body: the JSON body; empty for calls without one.
        headers: request headers, lower-case names.
    """

    account: Account
    ids: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    body: dict[str, object]
    headers: Mapping[str, str]


Handler = Callable[[Call], Awaitable[dict[str, object]]]


def api_route(account: Account, method: str, path: str, handler: Handler) -> Route:
    """Return the route of an API call; its answer is always 200 or an `ApiError`."""

    @answered_with_errors
    async def endpoint(request: Request) -> Response:
        authenticate(account.config, request.headers.get("authorization"))
        call = Call(
            account=account,
            ids={name: str(value) for name, value in request.path_params.items()},
            query=tuple(request.query_params.multi_items()),
            body=await _body(request),
            headers=dict(request.headers),
        )
        return JSONResponse(await handler(call))

    route = Route(path, endpoint, methods=[method])
    route.methods = {method}  # Starlette adds HEAD to GET; Razorpay knows no HEAD.
    return route


def answered_with_errors(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap an endpoint so that an `ApiError` becomes Razorpay's error answer."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ApiError as error:
            return JSONResponse(error.body, status_code=error.status)

    return answer


def authenticate(config: RazorpaySandboxConfig, header: str | None) -> None:
    """Check Basic auth; the scheme word must be exactly `Basic`.

    Raises:
        ApiError: 401, the credentials are missing, unreadable or wrong.
    """
    scheme, _, encoded = (header or "").partition(" ")
    expected = f"{config.key_id}:{config.key_secret}".encode()
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong_keys() from error
    if scheme != "Basic" or not hmac.compare_digest(given, expected):
        raise wrong_keys()


async def _body(request: Request) -> dict[str, object]:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        description = "The request body is not valid JSON"
        raise invalid_input(description) from error
    if isinstance(body, list) and not body:
        return {}
    if not isinstance(body, dict):
        description = "The request body must be a JSON object"
        raise invalid_input(description)
    return body
