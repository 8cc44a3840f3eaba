"""A problem as an exception, and as the document that the client gets."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi.responses import JSONResponse

from api.problems.catalogue import ProblemType
from domain.errors import FieldError

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50
LONGEST_TEXT: Final = 300


class Problem(Exception):
    """Ends a request with a problem document.

    Attributes:
        type: which problem.
        detail: a sentence about this occurrence; the type's title if left out.
        errors: each wrong field with its remedy.
        headers: sent with the answer.
        members: further members of the document, such as `lines`.
    """

    def __init__(
        self,
        type: ProblemType,  # noqa: A002 - the member's name in RFC 9457
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or type.title)
        self.type = type
        self.detail = detail or type.title
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def document(self) -> dict[str, Any]:
        """Return the JSON document; texts and the list of errors are bounded."""
        document: dict[str, Any] = {
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": _clip(self.detail),
        }
        if self.errors:
            document["errors"] = [_error(error) for error in self.errors[:MOST_ERRORS]]
        return document | self.members

    def response(self) -> JSONResponse:
        """Return the answer with its status, media type and headers."""
        return JSONResponse(
            self.document(),
            status_code=self.type.status,
            media_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store"} | self.headers,
        )


def _error(error: FieldError) -> dict[str, str]:
    return {
        "field": _clip(error.field),
        "message": _clip(error.message),
        "remedy": _clip(error.remedy),
    }


def _clip(text: str) -> str:
    """Return text that is short and can be encoded whatever the client sent."""
    safe = text.encode("utf-8", "replace").decode()
    return safe if len(safe) <= LONGEST_TEXT else f"{safe[: LONGEST_TEXT - 1]}…"
