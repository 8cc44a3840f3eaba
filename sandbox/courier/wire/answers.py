"""The provider's ways to say no, and how it reads what it is sent."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Refused(Exception):
    """A call that the provider turns down, with the status and body that it answers."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {body.get('message', body)}")
        self.status = status
        self.body = dict(body)


def refused(status: int, message: str) -> Refused:
    """Build the plain refusal: a message and its status code."""
    return Refused(status, {"message": message, "status_code": status})


def invalid(errors: Mapping[str, list[str]], message: str = "Oops! Invalid Data.") -> Refused:
    """Build the 422 with its map of fields."""
    return Refused(422, {"message": message, "errors": dict(errors), "status_code": 422})


def missing(name: str) -> Refused:
    """Build the 422 for one missing field."""
    text = f"The {name.replace('_', ' ')} field is required."
    return invalid({name: [text]}, message="Required field missing")


def not_iterable() -> Refused:
    """Build the 500 that a scalar in place of an array provokes."""
    return refused(500, "Invalid argument supplied for foreach()")


async def read_form(request: Request) -> dict[str, Any]:
    """Return the JSON object of a call; what cannot be read counts as empty, as it does there."""
    try:
        body = json.loads(await request.body() or b"{}", parse_constant=_no_number)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _no_number(text: str) -> NoReturn:
    message = f"{text} is not JSON"
    raise ValueError(message)


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Turn `Refused` into its response."""
    if not isinstance(error, Refused):
        raise error
    return JSONResponse(error.body, status_code=error.status)


async def answer_unknown_path(_request: Request, error: Exception) -> Response:
    """Answer a wrong path or method the way the provider does: 404."""
    del error
    return error_answer(404)


def error_answer(status: int) -> Response:
    """Build the provider's answer for a status that no route decides on."""
    texts = {
        404: "404 Not Found",
        429: "Too Many Attempts.",
        500: "Trying to get property of non-object",
    }
    return JSONResponse({"message": texts[status], "status_code": status}, status_code=status)
