"""Logins and tokens: a JWT of ten days, counted on the sandbox clock."""

import secrets
from typing import Any, Final

import jwt

from sandbox.courier.account import Account
from sandbox.courier.config import CourierSandboxConfig
from sandbox.courier.wire.answers import refused
from sandbox.courier.wire.ist import DAY_S, plain

TOKEN_LIFE_S: Final = 10 * DAY_S
COMPANY_ID: Final = 25149
USER_ID: Final = 3096817


class Tokens:
    """Issues and checks tokens. Their secret is stored, so they outlive a restart."""

    def __init__(self, config: CourierSandboxConfig, account: Account) -> None:
        self._config = config
        self._account = account

    def log_in(self, form: dict[str, Any], *, now: float) -> dict[str, Any]:
        """Return the login answer.

        Raises:
            Refused: 403 from the firewall if so switched, 400 for wrong credentials.
        """
        if self._account.switches.login == "blocked":
            raise refused(403, "Request blocked")
        given = (str(form.get("email", "")), str(form.get("password", "")))
        if given != (self._config.email, self._config.password):
            raise refused(400, "Invalid email and password combination")
        return {
            "id": USER_ID,
            "first_name": "API",
            "last_name": "USER",
            "email": self._config.email,
            "company_id": COMPANY_ID,
            "created_at": plain(now),
            "token": self._token(now),
        }

    def check(self, authorization: str, *, now: float) -> None:
        """Accept a valid `Bearer` header.

        Raises:
            Refused: 401 for a token that is missing, foreign, expired or logged out.
        """
        claims = self._claims(authorization)
        if claims is None or float(claims["exp"]) <= now or claims["jti"] in self._revoked:
            raise refused(401, "Unauthenticated.")

    def log_out(self, authorization: str) -> None:
        """Make a token useless from now on."""
        claims = self._claims(authorization)
        if claims is not None:
            self._revoked.append(str(claims["jti"]))
            self._account.save()

    @property
    def _revoked(self) -> list[str]:
        return self._account.state.revoked

    def _token(self, now: float) -> str:
        claims = {
            "sub": USER_ID,
            "source": "sr_auth_int",
            "exp": int(now + TOKEN_LIFE_S),
            "jti": secrets.token_urlsafe(12),
            "iat": int(now),
            "iss": "sandbox",
            "cid": COMPANY_ID,
        }
        return jwt.encode(claims, self._account.state.token_secret, algorithm="HS256")

    def _claims(self, authorization: str) -> dict[str, Any] | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        options: Any = {"verify_exp": False, "verify_iat": False, "verify_sub": False}
        try:
            return jwt.decode(
                token.strip(),
                self._account.state.token_secret,
                algorithms=["HS256"],
                options=options,
            )
        except jwt.InvalidTokenError:
            return None
