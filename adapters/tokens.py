"""Bearer tokens of customers and ops: JWT, HS256 and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt

from domain.errors import InvalidToken
from domain.ports import Caller, Scope

__all__ = ["InvalidToken", "TokenIssuer", "TokenVerifier"]

ALGORITHM: Final = "HS256"
ISSUER: Final = "retail-orders"
AUDIENCE: Final = "retail-orders"
DEFAULT_LIFETIME: Final = timedelta(hours=12)
REQUIRED_CLAIMS: Final = ("exp", "iss", "aud", "sub")
SCOPES: Final = tuple(Scope)
LEAST_SECRET_BYTES: Final = 32


class TokenIssuer:
    """Signs tokens.

    Raises:
        ValueError: the secret is shorter than HS256 needs (32 bytes).
    """

    def __init__(self, secret: str) -> None:
        self._secret = _checked(secret)

    def issue(
        self,
        subject: str,
        *,
        now: datetime,
        scope: Scope = Scope.CUSTOMER,
        lifetime: timedelta = DEFAULT_LIFETIME,
        order_id: str | None = None,
    ) -> str:
        """A token for a customer or an ops person, valid from `now` for `lifetime`.

        With an `order_id` it speaks of that order alone.
        """
        claims = {
            "sub": subject,
            "scope": str(scope),
            "iat": now,
            "exp": now + lifetime,
            "iss": ISSUER,
            "aud": AUDIENCE,
            **({"order": order_id} if order_id else {}),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)


class TokenVerifier:
    """Checks tokens against one secret.

    Raises:
        ValueError: the secret is shorter than HS256 needs (32 bytes).
    """

    def __init__(self, secret: str) -> None:
        self._secret = _checked(secret)

    def verify(self, token: str) -> Caller:
        """Who the token speaks for.

        Raises:
            InvalidToken: expired, foreign, unsigned, incomplete or malformed.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken(_reason(error)) from error
        return _caller(claims)


def _caller(claims: dict[str, Any]) -> Caller:
    subject, scope = claims["sub"], claims.get("scope", Scope.CUSTOMER)
    if not subject:
        message = "the token names nobody"
        raise InvalidToken(message)
    if scope not in SCOPES:
        message = f"the token's scope is unknown: it must be one of {', '.join(SCOPES)}"
        raise InvalidToken(message)
    order_id = claims.get("order")
    if order_id is not None and (not isinstance(order_id, str) or not order_id):
        message = "the token's order is no order id"
        raise InvalidToken(message)
    return Caller(
        subject=subject,
        scope=Scope(scope),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        order_id=order_id,
    )


def _reason(error: jwt.InvalidTokenError) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"the token lacks the claim {error.claim}"
    reasons: tuple[tuple[type[jwt.InvalidTokenError], str], ...] = (
        (jwt.ExpiredSignatureError, "the token has expired"),
        (jwt.ImmatureSignatureError, "the token is not valid yet"),
        (jwt.InvalidIssuerError, "the token comes from another issuer"),
        (jwt.InvalidAudienceError, "the token is meant for another audience"),
        (jwt.InvalidAlgorithmError, f"the token is not signed with {ALGORITHM}"),
        (jwt.InvalidSignatureError, "the token's signature is wrong"),
    )
    return next((text for kind, text in reasons if isinstance(error, kind)), "not a token")


def _checked(secret: str) -> str:
    if len(secret.encode()) < LEAST_SECRET_BYTES:
        message = f"ORDERS_JWT_SECRET must have at least {LEAST_SECRET_BYTES} bytes"
        raise ValueError(message)
    return secret
