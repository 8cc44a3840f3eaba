from datetime import UTC, datetime, timedelta

import jwt
import pytest

from adapters.tokens import InvalidToken, TokenIssuer, TokenVerifier
from domain.ports import Scope

SECRET = "s" * 40
NOW = datetime.now(UTC)
CLAIMS: dict[str, object] = {
    "sub": "cust_1",
    "scope": "customer",
    "exp": NOW + timedelta(hours=1),
    "iss": "retail-orders",
    "aud": "retail-orders",
}


def signed(**changes: object) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def refusal(token: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        TokenVerifier(SECRET).verify(token)
    return str(caught.value)


def test_an_issued_token_names_its_customer() -> None:
    bearer = TokenVerifier(SECRET).verify(TokenIssuer(SECRET).issue("cust_1", now=NOW))
    assert (bearer.subject, bearer.scope) == ("cust_1", Scope.CUSTOMER)


def test_an_ops_token_carries_its_scope() -> None:
    token = TokenIssuer(SECRET).issue("asha", now=NOW, scope=Scope.OPS)
    assert TokenVerifier(SECRET).verify(token).scope is Scope.OPS


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - timedelta(seconds=1)}, "expired"),
        ({"exp": None}, "lacks the claim exp"),
        ({"sub": None}, "lacks the claim sub"),
        ({"iss": None}, "lacks the claim iss"),
        ({"aud": None}, "lacks the claim aud"),
        ({"iss": "elsewhere"}, "another issuer"),
        ({"aud": "elsewhere"}, "another audience"),
        ({"scope": "root"}, "scope is unknown"),
        ({"scope": ["ops"]}, "scope is unknown"),
        ({"sub": ""}, "names nobody"),
        ({"nbf": NOW + timedelta(hours=1)}, "not valid yet"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, object], reason: str) -> None:
    assert reason in refusal(signed(**changes))


def test_an_unsigned_token_is_refused() -> None:
    assert "not signed with HS256" in refusal(jwt.encode(CLAIMS, "", algorithm="none"))


def test_a_token_of_another_key_is_refused() -> None:
    assert "signature is wrong" in refusal(jwt.encode(CLAIMS, "k" * 40, algorithm="HS256"))


def test_another_algorithm_is_refused_even_with_our_key() -> None:
    token = jwt.encode(CLAIMS, SECRET * 2, algorithm="HS512")
    with pytest.raises(InvalidToken, match="not signed with HS256"):
        TokenVerifier(SECRET * 2).verify(token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\u20b9.\u20b9.\u20b9", signed()[:-4]])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refusal(token)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="ORDERS_JWT_SECRET"):
        TokenIssuer("short")


def test_a_token_of_one_order_says_which() -> None:
    issuer, verifier = TokenIssuer(SECRET), TokenVerifier(SECRET)
    assert verifier.verify(issuer.issue("cus_1", now=NOW)).order_id is None
    bound = issuer.issue("cus_1", now=NOW, order_id="ord_1")
    assert verifier.verify(bound).order_id == "ord_1"


@pytest.mark.parametrize("order", ["", 7, ["ord_1"]])
def test_an_order_that_is_none_spoils_its_token(order: object) -> None:
    assert "order" in refusal(signed(order=order))
