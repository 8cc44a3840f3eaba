"""Who is asking: bearer tokens and scopes."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.dependencies import Deps
from api.problems.catalogue import FORBIDDEN
from api.problems.handlers import unauthorized
from api.problems.problem import Problem
from domain.errors import InvalidToken
from domain.ports import Caller, Scope

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="HS256; `orders token --customer ID [--scope ops]` prints one for development.",
)


def _caller(
    request: Request,
    deps: Deps,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Return who a request speaks for.

    Raises:
        Problem: 401, without a token or with one that cannot be trusted.
    """
    if credentials is None:
        sent = "authorization" in request.headers
        raise unauthorized("the Authorization header is not `Bearer <token>`" if sent else "")
    try:
        return deps.tokens.verify(credentials.credentials)
    except InvalidToken as error:
        raise unauthorized(str(error)) from error


AnyCaller = Annotated[Caller, Depends(_caller)]
"""A customer, or somebody of ops."""


def _customer(caller: AnyCaller) -> Caller:
    if caller.scope is not Scope.CUSTOMER:
        raise Problem(FORBIDDEN, "only customers order; this token has the scope `ops`")
    return caller


def _ops(caller: AnyCaller) -> Caller:
    if caller.scope is not Scope.OPS:
        raise Problem(FORBIDDEN, "this needs a token with the scope `ops`")
    return caller


CustomerCaller = Annotated[Caller, Depends(_customer)]
OpsCaller = Annotated[Caller, Depends(_ops)]


def owns(caller: Caller, customer_id: str) -> bool:
    """Tell whether the caller may see and steer this customer's orders."""
    return caller.scope is Scope.OPS or caller.subject == customer_id
