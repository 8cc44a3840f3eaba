"""Maps each error to its problem document, in one place."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.middleware.figures import Figures
from api.problems import catalogue as types
from api.problems.field_errors import IDEMPOTENCY_HEADER, field_errors
from api.problems.problem import Problem
from domain import ids
from domain.errors import (
    CommandRefused,
    FieldError,
    InvalidCart,
    InvalidToken,
    OrderError,
    OrderNotFound,
    ServiceUnavailable,
)

log = logging.getLogger(__name__)

RETRY_AFTER_S: Final = "2"

_REFUSED_FIELDS: Final = {
    "CouponRefused": "coupon",
    "PaymentSignatureInvalid": "razorpay_signature",
}
_FIELD_OF_DETAIL: Final = re.compile(r"(lines\[[0-9]+\]\.[a-z]+|note): (.+)")
"""A refusal by the order itself that names a field of the command begins with it."""


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    for kind in (Problem, OrderError, ServiceUnavailable, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _on_expected)
    app.add_exception_handler(Exception, _on_unforeseen)


def problem_of(error: Exception) -> Problem:
    """Return the problem that a refusal or failure means to the caller."""
    for kind, translate in _TRANSLATIONS:
        if isinstance(error, kind):
            return translate(error)
    return refusal(type(error).__name__, str(error))


def refusal(class_name: str, detail: str) -> Problem:
    """Return the problem of a refusal, known by its class name on the wire."""
    problem_type = types.type_for(class_name, types.COMMAND_REFUSED)
    field, message = _REFUSED_FIELDS.get(class_name), detail
    if field is None and (named := _FIELD_OF_DETAIL.match(detail)):
        field, message = named[1], named[2]
    errors = [FieldError(field=field, message=message, remedy=problem_type.remedy)] if field else []
    return Problem(problem_type, detail, errors=errors)


def unauthorized(reason: str) -> Problem:
    """Return the 401 of a missing or untrusted token, with the challenge that HTTP asks for."""
    challenge = 'Bearer realm="orders"'
    if reason:
        challenge += f', error="invalid_token", error_description="{_quotable(reason)}"'
    return Problem(
        types.INVALID_TOKEN,
        reason or "send a bearer token in the Authorization header",
        headers={"WWW-Authenticate": challenge},
    )


def _unavailable(error: ServiceUnavailable) -> Problem:
    """Return a 503. The error's text may hold addresses of ours, so it only goes to the log."""
    problem_type = types.type_for(type(error).__name__, types.SERVICE_UNAVAILABLE)
    return Problem(problem_type, headers={"Retry-After": RETRY_AFTER_S})


def _quotable(text: str) -> str:
    return "".join(c for c in text if " " <= c <= "~" and c not in '"\\')


def _answer(request: Request, problem: Problem) -> Response:
    figures: Figures = request.app.state.figures
    figures.problems.labels(problem.type.slug).inc()
    return problem.response()


async def _on_expected(request: Request, error: Exception) -> Response:
    if isinstance(error, ServiceUnavailable):
        log.warning("service_unavailable", extra={"error": f"{type(error).__name__}: {error}"})
    if isinstance(error, HTTPException):
        return _answer(request, _routing_problem(error, request.url.path))
    return _answer(request, problem_of(error))


def _validation_problem(error: RequestValidationError) -> Problem:
    found: Any = error.errors()
    errors = field_errors(found)
    if reason := next(filter(None, map(_unreadable, found)), ""):
        return Problem(types.MALFORMED_BODY, reason)
    if any(tuple(each["loc"]) == ("header", IDEMPOTENCY_HEADER) for each in found):
        key_errors = [each for each in errors if each.field == IDEMPOTENCY_HEADER]
        return Problem(types.IDEMPOTENCY_KEY_INVALID, errors=key_errors)
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors[:5])
    return Problem(types.INVALID_REQUEST, detail, errors=errors)


def _unreadable(error: Any) -> str:
    """Return why the body as a whole is no JSON, or nothing if that is not the matter."""
    if error["type"] == "json_invalid":
        return f"the body is not JSON: {error['ctx']['error']} at character {error['loc'][-1]}"
    if tuple(error["loc"]) != ("body",):
        return ""
    if error["type"] == "missing":
        return "the body is empty: send a JSON object"
    if isinstance(error.get("input"), bytes):
        return "the body is not marked as JSON: send Content-Type: application/json"
    return ""


def _routing_problem(error: HTTPException, path: str) -> Problem:
    if error.status_code == types.METHOD_NOT_ALLOWED.status:
        return Problem(types.METHOD_NOT_ALLOWED, headers=error.headers)
    if error.status_code == types.NOT_FOUND.status:
        return Problem(_missing(path))
    return Problem(types.MALFORMED_BODY)


def _missing(path: str) -> types.ProblemType:
    """Return the same answer for a strange order id as for an unknown one, slashes included."""
    first, _, rest = path.removeprefix("/").partition("/")
    is_strange = first == "orders" and not ids.is_order_id(rest.partition("/")[0])
    return types.ORDER_NOT_FOUND if is_strange else types.NOT_FOUND


async def _on_unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error, extra={"path": request.url.path})
    return _answer(request, Problem(types.INTERNAL_ERROR))


_TRANSLATIONS: Final[Sequence[tuple[type[Exception], Callable[[Any], Problem]]]] = (
    (Problem, lambda problem: problem),
    (RequestValidationError, _validation_problem),
    (ServiceUnavailable, _unavailable),
    (OrderNotFound, lambda _: Problem(types.ORDER_NOT_FOUND)),
    (InvalidToken, lambda error: unauthorized(str(error))),
    (InvalidCart, lambda error: Problem(types.INVALID_CART, str(error), errors=error.errors)),
    (CommandRefused, lambda error: refusal(error.type, str(error))),
)
