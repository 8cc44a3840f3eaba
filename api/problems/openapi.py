"""Problem responses for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems.catalogue import ProblemType
from api.problems.problem import MEDIA_TYPE, Problem

_SCHEMA: Final[Mapping[str, Any]] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Stable; GET it for an explanation."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "remedy"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "remedy": {"type": "string"},
                },
            },
        },
    },
}

Responses = dict[int | str, dict[str, Any]]


def problems(*types: ProblemType) -> Responses:
    """Return the `responses` of a route: one per status code, with an example per problem type."""
    responses: Responses = {}
    for each in types:
        response = responses.setdefault(each.status, _empty_response(each))
        content = response["content"][MEDIA_TYPE]
        content["examples"][each.slug] = {
            "summary": each.title,
            "value": Problem(each).document(),
        }
    return responses


def describe(app: FastAPI) -> None:
    """Make the application's OpenAPI document name problems instead of the framework's errors."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's documented way


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = dict(_SCHEMA)
    return document


def _empty_response(problem_type: ProblemType) -> dict[str, Any]:
    return {
        "description": problem_type.title,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        },
    }
