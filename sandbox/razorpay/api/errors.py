"""Razorpay's error answers, with their seven keys."""

from starlette.responses import JSONResponse, Response

ALREADY_CAPTURED = "This payment has already been captured"
URL_NOT_FOUND = "The requested URL was not found on the server."


class ApiError(Exception):
    """An answer other than 200.

    Attributes:
        status: HTTP status.
        body: the whole JSON body.
    """

    def __init__(self, status: int, body: dict[str, object]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def invalid_input(description: str, field: str | None = None) -> ApiError:
    """Return the 400 of a failed validation; `field` names the parameter."""
    return ApiError(400, error_body(description, field=field))


def unknown_id() -> ApiError:
    """Return the 400 (not 404) of an id that does not exist."""
    return invalid_input("The id provided does not exist")


def not_applicable(status: int, description: str, code: str = "BAD_REQUEST_ERROR") -> ApiError:
    """Return an error whose source, step and reason are "NA": wrong URL, idempotency conflicts."""
    body = error_body(description, code=code, source="NA", step="NA", reason="NA")
    return ApiError(status, body)


def wrong_keys() -> ApiError:
    """Return the 401 of wrong credentials, which carries two keys only."""
    body: dict[str, object] = {
        "error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}
    }
    return ApiError(401, body)


def error_body(
    description: str,
    *,
    field: str | None = None,
    code: str = "BAD_REQUEST_ERROR",
    source: str = "business",
    step: str = "payment_initiation",
    reason: str = "input_validation_failed",
) -> dict[str, object]:
    """Return the body of an error with all seven keys."""
    return {
        "error": {
            "code": code,
            "description": description,
            "field": field,
            "source": source,
            "step": step,
            "reason": reason,
            "metadata": {},
        }
    }


def fault_answer(status: int) -> Response:
    """Return what Razorpay says when it is rate limiting (429) or broken (500)."""
    if status == 429:  # noqa: PLR2004
        error = not_applicable(429, "Request failed because of too many requests.")
        return JSONResponse(error.body, status_code=429)
    description = "We are facing some trouble completing your request at the moment."
    error = not_applicable(500, description, code="SERVER_ERROR")
    return JSONResponse(error.body, status_code=500)
