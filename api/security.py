"""Who is asking: bearer tokens and scopes."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.dependencies import Deps
from api.problems.catalogue import FORBIDDEN
from api.problems.handlers import unauthorized
from api.problems.problem import Problem
from domain.errors import InvalidToken, OrderNotFound
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
        OrderNotFound: a token of one order asks for another.
    """
    if credentials is None:
        sent = "authorization" in request.headers
        raise unauthorized("the Authorization header is not `Bearer <token>`" if sent else "")
    try:
        caller = deps.tokens.verify(credentials.credentials)
    except InvalidToken as error:
        raise unauthorized(str(error)) from error
    _keep_to_its_order(request, caller)
    return caller


def _keep_to_its_order(request: Request, caller: Caller) -> None:
    """Refuse what a token of one order does not speak of: here, so that no route can forget it.

    Raises:
        OrderNotFound: another order, which is not to be told apart from an unknown one.
        Problem: 403, a route that is about no order in particular.
    """
    if caller.order_id is None:
        return
    named = request.path_params.get("order_id")
    if named is None:
        raise Problem(FORBIDDEN, "this token speaks of one order only; sign in")
    if named != caller.order_id:
        raise OrderNotFound


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
