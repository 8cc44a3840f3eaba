"""The Idempotency-Key header."""

from typing import Annotated

from fastapi import Header

from api.problems.field_errors import IDEMPOTENCY_HEADER

_PRINTABLE_ASCII = r"^[\x20-\x7e]+$"

IdempotencyKey = Annotated[
    str,
    Header(
        alias=IDEMPOTENCY_HEADER,
        min_length=1,
        max_length=255,
        pattern=_PRINTABLE_ASCII,
        description="A new one for each new intention; repeats with the same one are safe.",
        examples=["b3a1c7de-6f1e-4c0e-9a55-2d0f6c1f7a10"],
    ),
]

OptionalIdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_HEADER,
        min_length=1,
        max_length=255,
        pattern=_PRINTABLE_ASCII,
        description="Left out, the same decision about the same thing counts as a repeat.",
    ),
]
