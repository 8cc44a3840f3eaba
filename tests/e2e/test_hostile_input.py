"""Bad input against the running API: the right answer, the field named, nothing left behind."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from adapters.tokens import AUDIENCE, ISSUER, TokenIssuer
from tests.e2e.shop import Shop, new_customer, new_key, order_body


def changed(path: str, value: Any) -> dict[str, Any]:
    """An order body with one value replaced; a path such as `items.0.sku`."""
    body: Any = json.loads(json.dumps(order_body("cus_hostile")))
    *parents, last = path.split(".")
    target = body
    for name in parents:
        target = target[int(name)] if isinstance(target, list) else target[name]
    target[last] = value
    changed_body: dict[str, Any] = body
    return changed_body


MANY_LINES = [{"sku": f"SKU-{number}", "quantity": 1} for number in range(200)]
WRONG_FIELDS: list[tuple[str, Any, str]] = [
    ("items.0.sku", "NO-SUCH-SKU", "items[0].sku"),
    ("items.0.sku", {"$gt": ""}, "items[0].sku"),
    ("items.0.quantity", 0, "items[0].quantity"),
    ("items.0.quantity", -1, "items[0].quantity"),
    ("items.0.quantity", 10**9, "items[0].quantity"),
    ("items.0.quantity", 10**400, "items[0].quantity"),
    ("items.0.quantity", "2", "items[0].quantity"),
    ("items", [], "items"),
    ("items", MANY_LINES, "items"),
    ("shipping_address.pincode", "41100", "shipping_address.pincode"),
    ("shipping_address.pincode", "ABCDEF", "shipping_address.pincode"),
    ("shipping_address.phone", "12345", "shipping_address.phone"),
    ("shipping_address.state", "Atlantis", "shipping_address.state"),
    ("customer.phone", "+1 212 555 0100", "customer.phone"),
    ("customer.email", "nobody", "customer.email"),
    ("customer.email", "a@example.com\r\nBcc: b@example.com", "customer.email"),
    ("customer.name", "\u0000", "customer.name"),
    ("payment_method", "barter", "payment_method"),
    ("coupon", "NO-SUCH-COUPON", "coupon"),
    ("coupon", "EXPIRED10", "coupon"),
    ("coupon", "USEDUP10", "coupon"),
    ("coupon", ["WELCOME10"], "coupon"),
    ("total_paise", 1, "total_paise"),
]


async def orders_in(shop: Shop) -> int:
    return int(await shop.database["checkouts"].count_documents({}))


@pytest.fixture
async def untouched(shop: Shop) -> AsyncIterator[Shop]:
    """The shop; fails if a refused request has left a checkout behind."""
    before = await orders_in(shop)
    yield shop
    assert await orders_in(shop) == before


async def post(shop: Shop, body: bytes | str, **headers: str) -> Any:
    content = {"Content-Type": "application/json"} | headers
    return await shop.client.api(
        "POST", "/orders", customer="cus_hostile", key=new_key(), content=body, headers=content
    )


@pytest.mark.parametrize(("path", "value", "field"), WRONG_FIELDS)
async def test_a_wrong_field_is_named(untouched: Shop, path: str, value: Any, field: str) -> None:
    answer = await post(untouched, json.dumps(changed(path, value)))
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert field in [error["field"] for error in problem["errors"]]
    assert all(error["remedy"] for error in problem["errors"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b'{"items": [', 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b"7", 422),
        (b"{}", 422),
        (b" " * 10_000_000, 413),
    ],
    ids=["nothing", "words", "half", "latin", "deep", "list", "null", "number", "empty", "10MB"],
)
async def test_a_body_that_is_no_order_is_refused(
    untouched: Shop, body: bytes, status: int
) -> None:
    answer = await post(untouched, body)
    # `null` is both: JSON, and no body at all.
    assert answer.status_code in ({400, 422} if body == b"null" else {status}), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("key", [None, "", "k" * 256, "k" * 60_000, "schlüssel"])
async def test_an_unusable_idempotency_key_is_named(untouched: Shop, key: str | None) -> None:
    headers: dict[str, Any] = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = await untouched.client.api(
        "POST", "/orders", customer="cus_hostile", json=order_body("cus_hostile"), headers=headers
    )
    assert answer.status_code in ({400, 431} if key and len(key) > 9_999 else {400}), answer.text
    if answer.status_code == 400 and "problem" in answer.headers["content-type"]:
        assert [each["field"] for each in answer.json()["errors"]] == ["Idempotency-Key"]


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    usual = {"sub": "cus_hostile", "scope": "customer", "iss": ISSUER, "aud": AUDIENCE}
    return usual | {"iat": now, "exp": now + timedelta(hours=1)} | changes


def unsigned() -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    expires = int(datetime.now(UTC).timestamp()) + 3600
    payload = claims(iat=expires - 3600, exp=expires)
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload)}."


def tokens(secret: str) -> dict[str, str | None]:
    """Tokens that must not open anything."""
    past = datetime.now(UTC) - timedelta(hours=1)
    foreign = TokenIssuer(secrets.token_hex(32))
    return {
        "missing": None,
        "no token": "abc",
        "expired": jwt.encode(claims(exp=past), secret, algorithm="HS256"),
        "other key": foreign.issue("cus_hostile", now=datetime.now(UTC)),
        "alg none": unsigned(),
        "other algorithm": jwt.encode(claims(), secret * 2, algorithm="HS512"),
        "no subject": jwt.encode(claims(sub=""), secret, algorithm="HS256"),
        "other audience": jwt.encode(claims(aud="bank"), secret, algorithm="HS256"),
        "unknown scope": jwt.encode(claims(scope="root"), secret, algorithm="HS256"),
    }


async def test_no_token_but_a_true_one_opens_the_door(untouched: Shop) -> None:
    shop, answers = untouched, {}
    for name, token in tokens(shop.client.secrets["ORDERS_JWT_SECRET"]).items():
        headers = {"Idempotency-Key": new_key()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        placed = await shop.client.api(
            "POST", "/orders", json=order_body("cus_hostile"), headers=headers
        )
        listed = await shop.client.api("GET", "/orders", headers=headers)
        answers[name] = (placed.status_code, listed.status_code)
        assert placed.json()["type"] == "/problems/invalid-token", name
        assert placed.headers["www-authenticate"].startswith("Bearer")
    assert set(answers.values()) == {(401, 401)}, answers


async def test_customers_are_no_ops(untouched: Shop) -> None:
    answer = await untouched.client.api("GET", "/ops/orders", customer="cus_hostile")
    assert answer.status_code == 403


STRANGE_IDS = [
    "ord_aaaaaaaaaaaaaaaaaaaa", "ord_", "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd",
    "%7b%22$ne%22:null%7d", "'%20or%201=1--", "a" * 2000, "ord_aaaaaaaaaaaaaaaaaaaa%0a",
]  # fmt: skip


async def test_strange_and_foreign_order_ids_are_one_and_the_same_404(shop: Shop) -> None:
    owner = new_customer()
    placed = await shop.place(owner, order_body(owner, method="cod"))
    for order_id in [*STRANGE_IDS, placed["order_id"]]:
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/events", None),
            ("GET", "/invoices", None),
            ("POST", "/cancel", {"reason": "mine now"}),
        ):
            answer = await shop.client.api(
                method, f"/orders/{order_id}{path}", customer="cus_thief", key="k", json=body
            )
            assert answer.status_code == 404, (order_id, path, answer.text)
            assert answer.json()["type"] == "/problems/order-not-found", order_id
    order = await shop.until_status(owner, placed["order_id"], "completed")
    assert order["cancellation"] is None


async def test_a_used_up_coupon_is_refused_and_a_given_back_one_works_again(shop: Shop) -> None:
    code = f"ONCE-{secrets.token_hex(3).upper()}"
    model = await shop.database["coupons"].find_one({"_id": "WELCOME10"})
    assert model is not None
    limits = {"budget_paise": 70_00, "granted_paise": 0}
    await shop.database["coupons"].insert_one({**model, **limits, "_id": code})
    await shop.courier_pace(0)
    first, second = new_customer(), new_customer()
    placed = await shop.place(first, order_body(first, coupon=code, method="cod"))
    refused = await shop.order(second, order_body(second, coupon=code, method="cod"))
    assert refused.status_code == 422, refused.text
    assert [each["field"] for each in refused.json()["errors"]] == ["coupon"]
    assert (await shop.cancel(first, placed["order_id"])).status_code == 200
    await shop.until_closed(placed["order_id"])
    await shop.place(second, order_body(second, coupon=code, method="cod"))
