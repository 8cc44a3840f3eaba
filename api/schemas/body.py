"""What all request bodies share: strictness, and texts that can be stored and printed anywhere."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

LONGEST_TEXT: Final = 500
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)


class RequestBody(BaseModel):
    """A body in which types are not guessed and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def _printable(text: str) -> str:
    if _UNPRINTABLE.search(text):
        kind, words = "unprintable", "this text holds control characters; leave them out"
        raise PydanticCustomError(kind, words)
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT),
    AfterValidator(_printable),
]
"""One line of text; the domain bounds each field more closely."""
