"""Every row of bad input that the front door must turn away: the right answer, naming the field."""

import json
from typing import Any

import pytest

from tests.api.shop import SKU, ShopFront, fields_of, order_body, problem_type


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return an order body with one value replaced; a path such as `customer.phone`."""
    body = order_body()
    *parents, last = path.split(".")
    target: Any = body
    for name in parents:
        target = target[int(name)] if isinstance(target, list) else target[name]
    target[last] = value
    return body


def without(path: str) -> dict[str, Any]:
    body = order_body()
    *parents, last = path.split(".")
    target: Any = body
    for name in parents:
        target = target[int(name)] if isinstance(target, list) else target[name]
    del target[last]
    return body


def lines(count: int) -> list[dict[str, Any]]:
    return [{"sku": f"SKU-{n}", "quantity": 1} for n in range(count)]


WRONG_FIELDS: list[tuple[str, Any, str]] = [
    ("items.0.sku", "NO-SUCH-SKU", "items[0].sku"),
    ("items.0.sku", "", "items[0].sku"),
    ("items.0.sku", 7, "items[0].sku"),
    ("items.0.sku", "X" * 501, "items[0].sku"),
    ("items.0.sku", "COFFEE\x00FIL", "items[0].sku"),
    ("items.0.quantity", 0, "items[0].quantity"),
    ("items.0.quantity", -1, "items[0].quantity"),
    ("items.0.quantity", 10**9, "items[0].quantity"),
    ("items.0.quantity", 10**400, "items[0].quantity"),
    ("items.0.quantity", "2", "items[0].quantity"),
    ("items.0.quantity", 1.5, "items[0].quantity"),
    ("items.0.quantity", True, "items[0].quantity"),
    ("items.0.quantity", None, "items[0].quantity"),
    ("items.0.quantity", float("nan"), "items[0].quantity"),
    ("items.0.quantity", float("inf"), "items[0].quantity"),
    ("items.0.price_paise", 1, "items[0].price_paise"),
    ("items", [], "items"),
    ("items", {}, "items"),
    ("items", None, "items"),
    ("items", [7], "items[0]"),
    ("items", lines(200), "items"),
    (
        "items",
        [{"sku": SKU, "quantity": 1}, {"sku": SKU, "quantity": 1}],
        "items[1].sku",
    ),
    ("customer", "Asha", "customer"),
    ("customer.name", "", "customer.name"),
    ("customer.name", " ", "customer.name"),
    ("customer.name", "A" * 101, "customer.name"),
    ("customer.name", "Asha\x00", "customer.name"),
    ("customer.name", "Asha\u202e", "customer.name"),
    ("customer.name", "Asha\nBcc: x@example.com", "customer.name"),
    ("customer.email", "asha", "customer.email"),
    ("customer.email", "asha@", "customer.email"),
    ("customer.email", "asha@example", "customer.email"),
    ("customer.email", f"{'a' * 300}@example.com", "customer.email"),
    ("customer.phone", "12345", "customer.phone"),
    ("customer.phone", "1234567890", "customer.phone"),
    ("customer.phone", "+1 9876543210", "customer.phone"),
    ("customer.phone", 9876543210, "customer.phone"),
    ("customer.gstin", "NOT-A-GSTIN", "customer.gstin"),
    ("customer.gstin", "99AAPFU0939F1ZV", "customer.gstin"),
    ("customer.gstin", "27ABCDE1234F1Z5", "customer.gstin"),
    ("shipping_address.pincode", "41100", "shipping_address.pincode"),
    ("shipping_address.pincode", "011001", "shipping_address.pincode"),
    ("shipping_address.pincode", "4110011", "shipping_address.pincode"),
    ("shipping_address.pincode", "41100a", "shipping_address.pincode"),
    ("shipping_address.pincode", "४११००१", "shipping_address.pincode"),
    ("shipping_address.pincode", 411001, "shipping_address.pincode"),
    ("shipping_address.state", "Atlantis", "shipping_address.state"),
    ("shipping_address.phone", "98765", "shipping_address.phone"),
    ("shipping_address.line1", "", "shipping_address.line1"),
    ("shipping_address.line2", "x" * 200, "shipping_address.line2"),
    ("shipping_address.city", "", "shipping_address.city"),
    ("shipping_address.planet", "Earth", "shipping_address.planet"),
    ("payment_method", "barter", "payment_method"),
    ("payment_method", None, "payment_method"),
    ("coupon", "NO-SUCH-COUPON", "coupon"),
    ("coupon", 10, "coupon"),
    ("total_paise", 1, "total_paise"),
]


@pytest.mark.parametrize(("path", "value", "field"), WRONG_FIELDS)
async def test_a_wrong_field_of_an_order_is_named_with_its_remedy(
    front: ShopFront, path: str, value: Any, field: str
) -> None:
    body = json.dumps(changed(path, value))
    response = await front.http.post(
        "/orders",
        content=body,
        headers=front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"},
    )
    assert response.status_code == 422, response.text
    assert problem_type(response) in {"invalid-request", "invalid-cart", "coupon-refused"}
    assert field in fields_of(response)
    assert all(error["remedy"] for error in response.json()["errors"])
    assert front.checkouts.records == {}
    assert front.orders.started == 0


@pytest.mark.parametrize(
    "path",
    [
        "items",
        "customer",
        "shipping_address",
        "payment_method",
        "items.0.sku",
        "items.0.quantity",
        "customer.email",
        "shipping_address.pincode",
    ],
)
async def test_a_missing_field_is_named(front: ShopFront, path: str) -> None:
    response = await front.post("/orders", without(path))
    assert response.status_code == 422
    assert fields_of(response) == [path.replace(".0.", "[0].")]


async def test_all_wrong_fields_are_told_at_once(front: ShopFront) -> None:
    body = changed("customer.phone", "1")
    body["shipping_address"]["pincode"] = "1"
    body["items"][0]["quantity"] = 0
    response = await front.post("/orders", body)
    assert set(fields_of(response)) == {
        "items[0].quantity",
        "customer.phone",
        "shipping_address.pincode",
    }


@pytest.mark.parametrize("code", ["EXPIRED", "USED-UP"])
async def test_an_expired_or_used_up_coupon_is_refused_by_name(front: ShopFront, code: str) -> None:
    front.add_coupon("EXPIRED", expired=True)
    front.add_coupon("USED-UP", budget_paise=1)
    response = await front.order(coupon=code)
    assert response.status_code == 422
    assert problem_type(response) == "coupon-refused"
    assert fields_of(response) == ["coupon"]
    assert code in response.json()["detail"]


@pytest.mark.parametrize(
    ("key", "because"),
    [(None, "missing"), ("", "empty"), ("k" * 256, "too long"), ("schlüssel", "not ASCII")],
)
async def test_an_unusable_idempotency_key_is_refused(
    front: ShopFront, key: str | None, because: str
) -> None:
    headers: dict[str, Any] = dict(front.bearer())
    if key is not None:
        headers["Idempotency-Key"] = key.encode("latin-1")
    response = await front.http.post("/orders", json=order_body(), headers=headers)
    assert response.status_code == 400, because
    assert problem_type(response) == "idempotency-key-invalid"
    assert fields_of(response) == ["Idempotency-Key"]


async def test_the_longest_key_is_accepted(front: ShopFront) -> None:
    assert (await front.order(key="k" * 255)).status_code == 201


DEEP = 50_000
UNREADABLE: list[bytes] = [
    b"",
    b"not json",
    b"{",
    b'{"items": [}',
    b"\xff\xfe\x00",
    b'{"items": "\xff"}',
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP,
    b'{"items": 1' + b"0" * 5000 + b"}",
    b"\x00",
]


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
async def test_a_body_that_is_no_json_is_refused(
    front: ShopFront, body: bytes, content_type: str | None
) -> None:
    headers = front.bearer() | {"Idempotency-Key": "k"}
    if content_type:
        headers["Content-Type"] = content_type
    response = await front.http.post("/orders", content=body, headers=headers)
    assert response.status_code == 400, response.text
    assert problem_type(response) == "malformed-body"


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", "NaN"])
async def test_json_that_is_no_object_is_refused(front: ShopFront, body: str) -> None:
    headers = front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await front.http.post("/orders", content=body, headers=headers)
    assert response.status_code in {400, 422}
    assert problem_type(response) in {"malformed-body", "invalid-request"}


async def test_half_a_surrogate_is_refused_by_field(front: ShopFront) -> None:
    body = json.dumps(changed("customer.name", "Asha \ud800"))
    headers = front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await front.http.post("/orders", content=body, headers=headers)
    assert response.status_code == 422
    assert fields_of(response) == ["customer.name"]


async def test_a_field_name_that_cannot_be_encoded_is_refused(front: ShopFront) -> None:
    body = json.dumps(order_body() | {"\ud800\x00": 1})
    headers = front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await front.http.post("/orders", content=body, headers=headers)
    assert response.status_code == 422


@pytest.mark.parametrize(
    "path", ["/orders", "/quotes", "/orders/ord_x/cancel", "/webhooks/courier"]
)
async def test_ten_megabytes_are_refused_before_anything_reads_them(
    front: ShopFront, path: str
) -> None:
    headers = front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await front.http.post(path, content=b"[" * 10_000_000, headers=headers)
    assert response.status_code == 413
    assert problem_type(response) == "body-too-large"


async def test_a_body_without_a_declared_length_is_bounded_too(front: ShopFront) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 65_536

    headers = front.bearer() | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await front.http.post("/orders", content=endless(), headers=headers)
    assert response.status_code == 413


STRANGE_IDS = [
    "ord_aaaaaaaaaaaaaaaaaaaa",
    "ord_",
    "ORD_AAAAAAAAAAAAAAAAAAAA",
    "1",
    "%00",
    "%ff%fe",
    "..%2f..%2fetc%2fpasswd",
    "ord_aaaaaaaaaaaaaaaaaaaa%0a",
    "%7b%22$ne%22:null%7d",
    "'%20or%201=1--",
    "%E0%A4%86%E0%A4%B6%E0%A4%BE",
    "a" * 2000,
    "%20",
]


@pytest.mark.parametrize("order_id", STRANGE_IDS)
async def test_a_strange_order_id_is_the_same_404_as_an_unknown_one(
    front: ShopFront, order_id: str
) -> None:
    known = await front.placed()
    others = await front.get(
        f"/orders/{known['order_id']}", headers=front.bearer("cus_somebody_else")
    )
    response = await front.get(f"/orders/{order_id}")
    assert response.status_code == 404
    assert problem_type(response) == "order-not-found"
    assert response.content == others.content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/invoices"),
        ("GET", "/invoices/PNQ/2627/000001"),
        ("POST", "/payment"),
        ("POST", "/cancel"),
    ],
)
@pytest.mark.parametrize("order_id", ["ord_aaaaaaaaaaaaaaaaaaaa", "%00"])
async def test_every_path_of_an_order_hides_what_is_not_the_callers(
    front: ShopFront, method: str, path: str, order_id: str
) -> None:
    known = (await front.placed())["order_id"]
    stranger = front.bearer("cus_somebody_else") | {"Idempotency-Key": "k"}
    body = {
        "/payment": {
            "razorpay_payment_id": "pay_1",
            "razorpay_order_id": "order_1",
            "razorpay_signature": "f" * 64,
        },
        "/cancel": {"reason": "mine now"},
    }.get(path)
    for each in (known, order_id):
        response = await front.http.request(
            method, f"/orders/{each}{path}", json=body, headers=stranger
        )
        assert response.status_code == 404
        assert problem_type(response) == "order-not-found"
    assert front.orders.states[known].cancellation is None


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/orders?limit=0", "limit"),
        ("/orders?limit=many", "limit"),
        ("/orders?before=ord_", "before"),
        ("/orders/ord_aaaaaaaaaaaaaaaaaaaa?min_sequence=-1", "min_sequence"),
        ("/orders/ord_aaaaaaaaaaaaaaaaaaaa?min_sequence=1e3", "min_sequence"),
        (f"/orders/ord_aaaaaaaaaaaaaaaaaaaa?min_sequence={'9' * 400}", "min_sequence"),
        ("/orders/ord_aaaaaaaaaaaaaaaaaaaa/events?after=first", "after"),
    ],
)
async def test_a_wrong_query_parameter_is_named(front: ShopFront, path: str, field: str) -> None:
    response = await front.get(path)
    assert response.status_code == 422
    assert fields_of(response) == [field]


async def test_a_path_that_is_not_there_is_a_problem_too(front: ShopFront) -> None:
    response = await front.get("/no/such/path")
    assert response.status_code == 404
    assert problem_type(response) == "not-found"


async def test_a_wrong_method_names_the_right_one(front: ShopFront) -> None:
    response = await front.http.delete("/products", headers=front.bearer())
    assert response.status_code == 405
    assert problem_type(response) == "method-not-allowed"
    assert response.headers["allow"] == "GET"
