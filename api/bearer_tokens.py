"""Puts a token library's answers into the words of the domain."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.errors import InvalidToken
from domain.ports import Caller, Scope


class VerifiedToken(Protocol):
    """What a library says of a token that it has verified."""

    @property
    def subject(self) -> str:
        """Whom it speaks for."""
        ...

    @property
    def scope(self) -> str:
        """What it allows."""
        ...

    @property
    def expires_at(self) -> datetime:
        """Until when."""
        ...


class BearerTokens:
    """A `TokenVerifier` over a library's function and the error that it raises."""

    def __init__(self, verify: Callable[[str], VerifiedToken], invalid: type[Exception]) -> None:
        self._verify = verify
        self._invalid = invalid

    def verify(self, token: str) -> Caller:
        """Return who a token speaks for.

        Raises:
            InvalidToken: it is expired, foreign, malformed, or not for us.
        """
        try:
            verified = self._verify(token)
        except self._invalid as error:
            raise InvalidToken(str(error)) from error
        return Caller(
            subject=verified.subject,
            scope=Scope(verified.scope),
            expires_at=verified.expires_at,
        )
