import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from adapters.tokens import TokenIssuer
from tests.api.shop import JWT_SECRET, ShopFront, order_body, problem_type

ANOTHER_SECRET = "another-secret-that-is-just-as-long-as-ours"
GUARDED = [
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("GET", "/orders/ord_aaaaaaaaaaaaaaaaaaaa"),
    ("GET", "/orders/ord_aaaaaaaaaaaaaaaaaaaa/events"),
    ("GET", "/orders/ord_aaaaaaaaaaaaaaaaaaaa/invoices"),
    ("GET", "/orders/ord_aaaaaaaaaaaaaaaaaaaa/invoices/PNQ/2627/000001"),
    ("POST", "/orders/ord_aaaaaaaaaaaaaaaaaaaa/payment"),
    ("POST", "/orders/ord_aaaaaaaaaaaaaaaaaaaa/cancel"),
    ("GET", "/ops/orders"),
    ("GET", "/ops/orders/ord_aaaaaaaaaaaaaaaaaaaa"),
    ("POST", "/ops/orders/ord_aaaaaaaaaaaaaaaaaaaa/resolve"),
    ("POST", "/ops/orders/ord_aaaaaaaaaaaaaaaaaaaa/packed"),
]


def signed(front: ShopFront, secret: str = JWT_SECRET, **claims: Any) -> str:
    now = front.clock.now()
    usual = {
        "sub": front.customer,
        "scope": "customer",
        "iat": now,
        "exp": now + timedelta(hours=1),
        "iss": "retail-orders",
        "aud": "retail-orders",
    }
    kept = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(kept, secret, algorithm="HS256")


def unsigned(front: ShopFront) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    body = signed(front).split(".")[1]
    return f"{header.decode().rstrip('=')}.{body}."


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_without_a_token_there_is_a_challenge(
    front: ShopFront, method: str, path: str
) -> None:
    response = await front.http.request(method, path, json={}, headers={"Idempotency-Key": "k"})
    assert response.status_code == 401
    assert problem_type(response) == "invalid-token"
    assert response.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Basic YTpi", "Bearer x.y.z", "Bearer \u00ff", "token", "Bearer a b"],
)
async def test_what_is_no_token_is_refused(front: ShopFront, authorization: str) -> None:
    headers = {"Authorization": authorization.encode("latin-1"), "Idempotency-Key": "k"}
    response = await front.http.post("/orders", json=order_body(), headers=headers)  # type: ignore[arg-type]
    assert response.status_code == 401
    assert problem_type(response) == "invalid-token"


async def test_an_untrustworthy_token_is_refused(front: ShopFront) -> None:
    past = front.clock.now() - timedelta(hours=2)
    tokens = {
        "expired": signed(front, exp=past),
        "foreign key": signed(front, ANOTHER_SECRET),
        "alg none": unsigned(front),
        "wrong audience": signed(front, aud="another-shop"),
        "wrong issuer": signed(front, iss="somebody"),
        "no expiry": signed(front, exp=None),
        "no subject": signed(front, sub=None),
        "no audience": signed(front, aud=None),
        "unknown scope": signed(front, scope="root"),
        "not yet valid": signed(front, nbf=front.clock.now() + timedelta(hours=1)),
    }
    for why, token in tokens.items():
        response = await front.post(
            "/orders", order_body(), {"Authorization": f"Bearer {token}"}, "k"
        )
        assert response.status_code == 401, why
        assert 'error="invalid_token"' in response.headers["www-authenticate"], why
    assert front.orders.started == 0


@pytest.mark.parametrize(
    ("method", "path"), [each for each in GUARDED if each[1].startswith("/ops")]
)
async def test_a_customer_cannot_act_for_ops(front: ShopFront, method: str, path: str) -> None:
    response = await front.http.request(method, path, json={}, headers=front.bearer())
    assert response.status_code == 403
    assert problem_type(response) == "forbidden"


async def test_a_token_of_one_order_opens_that_order_and_nothing_else(
    front: ShopFront,
) -> None:
    mine, other = await front.placed(), await front.placed()
    token = TokenIssuer(JWT_SECRET).issue(
        front.customer, now=front.clock.now(), order_id=mine["order_id"]
    )
    bound = {"Authorization": f"Bearer {token}"}
    assert (await front.get(f"/orders/{mine['order_id']}", bound)).status_code == 200
    assert (await front.get(f"/orders/{mine['order_id']}/events", bound)).status_code == 200
    assert (await front.get(f"/orders/{other['order_id']}", bound)).status_code == 404
    assert (await front.get("/orders", bound)).status_code == 403
    assert (await front.post("/orders", order_body(), bound)).status_code == 403
    cancelled = await front.post(f"/orders/{other['order_id']}/cancel", {"reason": "no"}, bound)
    assert cancelled.status_code == 404
