"""Authentication, error bodies and the frame of every call."""

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.razorpay.bench import KEY_ID, KEY_SECRET, Bench

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEVEN_KEYS = {"code", "description", "field", "source", "step", "reason", "metadata"}
GOOD = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
UNKNOWN = "order_AAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        f"basic {GOOD}",
        f"BASIC {GOOD}",
        f'Basic "{GOOD}"',
        f"Bearer {GOOD}",
        "Basic not-base64!",
        "Basic " + base64.b64encode(f"{KEY_ID}:wrong".encode()).decode(),
        "Basic " + base64.b64encode(f"rzp_test_other:{KEY_SECRET}".encode()).decode(),
    ],
)
async def test_anything_but_the_right_keys_is_401_with_a_two_key_body(
    razorpay: Bench, header: str | None
) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = await razorpay.control.get("/v1/orders", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}
    }


async def test_the_right_keys_are_let_in(razorpay: Bench) -> None:
    headers = {"authorization": f"Basic {GOOD}"}
    answer = await razorpay.control.get("/v1/orders", headers=headers)
    assert (answer.status_code, answer.json()["entity"]) == (200, "collection")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("GET", "/v2/accounts"),
        ("GET", "/elsewhere"),
        ("DELETE", "/v1/orders"),
        ("PUT", f"/v1/orders/{UNKNOWN}"),
        ("POST", f"/v1/orders/{UNKNOWN}"),
        ("GET", "/v1/orders/"),
        ("HEAD", "/v1/orders"),
    ],
)
async def test_a_wrong_path_or_method_is_400(razorpay: Bench, method: str, path: str) -> None:
    answer = await razorpay.api.request(method, path)
    assert answer.status_code == 400
    if method != "HEAD":
        error = answer.json()["error"]
        assert error == {
            "code": "BAD_REQUEST_ERROR",
            "description": "The requested URL was not found on the server.",
            "field": None,
            "source": "NA",
            "step": "NA",
            "reason": "NA",
            "metadata": {},
        }


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/orders/{UNKNOWN}",
        f"/v1/orders/{UNKNOWN}/payments",
        "/v1/payments/pay_AAAAAAAAAAAAAA",
        "/v1/payments/pay_AAAAAAAAAAAAAA/refunds",
        "/v1/refunds/rfnd_AAAAAAAAAAAAAA",
        "/v1/settlements/setl_AAAAAAAAAAAAAA",
    ],
)
async def test_an_unknown_id_is_400_not_404(razorpay: Bench, path: str) -> None:
    error = await razorpay.refused("GET", path)
    assert set(error) == SEVEN_KEYS
    assert error["description"] == "The id provided does not exist"
    assert (error["source"], error["step"]) == ("business", "payment_initiation")
    assert (error["reason"], error["metadata"]) == ("input_validation_failed", {})


@pytest.mark.parametrize(
    "order_id", ["1", "order_short", "pay_AAAAAAAAAAAAAA", "order_AAAAAAAAAAAAA-"]
)
async def test_a_malformed_id_is_named(razorpay: Bench, order_id: str) -> None:
    error = await razorpay.refused("GET", f"/v1/orders/{order_id}")
    assert error["description"] == f"{order_id} is not a valid id"


@pytest.mark.parametrize("raw", [b"{", b"nothing", b'["amount"]', b'"text"', b"\xff\xfe"])
async def test_a_body_that_is_no_json_object_is_400(razorpay: Bench, raw: bytes) -> None:
    answer = await razorpay.api.post("/v1/orders", content=raw)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == SEVEN_KEYS


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("count=0", "count"),
        ("count=101", "count"),
        ("count=ten", "count"),
        ("skip=-1", "skip"),
        ("from=yesterday", "from"),
        ("colour=red", "colour"),
    ],
)
@pytest.mark.parametrize("path", ["orders", "payments", "refunds", "settlements"])
async def test_a_list_call_refuses_bad_paging(
    razorpay: Bench, path: str, query: str, field: str
) -> None:
    error = await razorpay.refused("GET", f"/v1/{path}?{query}")
    assert error["field"] == field


async def test_keep_alive_connections_serve_many_calls(razorpay: Bench) -> None:
    answers: list[httpx.Response] = [await razorpay.api.get("/v1/orders") for _ in range(20)]
    assert {one.status_code for one in answers} == {200}


async def test_types_on_the_wire_are_exact(razorpay: Bench) -> None:
    order = await razorpay.order(100, notes={"shipment": "one"})
    payment_id = (await razorpay.pay(order["id"], method="card"))["razorpay_payment_id"]
    payment = await razorpay.ok("GET", f"/v1/payments/{payment_id}")

    def types(entity: dict[str, Any]) -> dict[str, str]:
        return {name: type(value).__name__ for name, value in entity.items()}

    assert types(order) == {
        "id": "str", "entity": "str", "amount": "int", "amount_paid": "int", "amount_due": "int",
        "currency": "str", "receipt": "str", "offer_id": "NoneType", "status": "str",
        "attempts": "int", "notes": "dict", "created_at": "int",
    }  # fmt: skip
    assert types(payment) == {
        "id": "str", "entity": "str", "amount": "int", "currency": "str", "status": "str",
        "order_id": "str", "invoice_id": "NoneType", "international": "bool", "method": "str",
        "amount_refunded": "int", "refund_status": "NoneType", "captured": "bool",
        "description": "NoneType", "card_id": "str", "card": "dict", "bank": "NoneType",
        "wallet": "NoneType", "vpa": "NoneType", "email": "str", "contact": "str",
        "customer_id": "NoneType", "token_id": "NoneType", "notes": "dict", "fee": "int",
        "tax": "int", "error_code": "NoneType", "error_description": "NoneType",
        "error_source": "NoneType", "error_step": "NoneType", "error_reason": "NoneType",
        "acquirer_data": "dict", "created_at": "int",
    }  # fmt: skip
    assert len(order["id"]) == len("order_") + 14
