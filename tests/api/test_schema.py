"""Whatever the OpenAPI document allows, and much that it does not, gets an answer it promises."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.doubles import GOOD_SIGNATURE
from tests.api.shop import COURIER_TOKEN, SKU, ShopFront, order_body
from tests.api.test_webhooks import CAPTURED, sign

EXAMPLES = 8
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SENT = ("method", "url", "json", "headers", "params")
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(ShopFront().app.openapi())
    return [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]


ALL = {operation.label: operation for operation in operations()}


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Exerciser:
    """Sends generated requests; some of them to an order and a product that are really there."""

    def __init__(self, operation: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.front = ShopFront()
        self.loop = loop
        self.order_id = loop.run_until_complete(self.front.placed())["order_id"]
        self.bearer = self.front.ops if "/ops/" in operation.path else self.front.bearer()

    def send(self, case: Any, *, known: bool) -> None:
        if known:
            self.aim(case)
        sent = case.as_transport_kwargs(base_url="http://api.test", headers=self.bearer)
        request = {name: sent[name] for name in SENT if name in sent}
        if sent.get("data") is not None:
            request["content"] = sent["data"]
        try:
            response = self.loop.run_until_complete(self.front.http.request(**request))
        except httpx.InvalidURL:
            return
        case.validate_response(response, checks=PROMISES)

    def aim(self, case: Any) -> None:
        parameters = case.path_parameters or {}
        if "order_id" in parameters:
            parameters["order_id"] = self.order_id
        if "sku" in parameters:
            parameters["sku"] = SKU
        if isinstance(case.body, dict) and "items" in case.body:
            case.body["items"] = [{"sku": SKU, "quantity": 1}]


@pytest.mark.parametrize("label", ALL)
def test_every_answer_is_one_that_the_document_promises(
    label: str, loop: asyncio.AbstractEventLoop
) -> None:
    exerciser = Exerciser(ALL[label], loop)

    @BOUNDED
    @given(case=ALL[label].as_strategy(), known=st.booleans())
    def exercise(case: Any, known: bool) -> None:
        exerciser.send(case, known=known)

    exercise()


@pytest.mark.parametrize("label", [label for label, each in ALL.items() if each.body or each.query])
def test_requests_beyond_the_document_get_an_answer_that_it_promises(
    label: str, loop: asyncio.AbstractEventLoop
) -> None:
    exerciser = Exerciser(ALL[label], loop)

    @BOUNDED
    @given(case=ALL[label].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def exercise(case: Any) -> None:
        exerciser.send(case, known=False)

    exercise()


Send = Callable[[ShopFront, str], Any]
GOOD: dict[str, tuple[int, Send]] = {
    "GET /products/{sku}": (200, lambda front, _: front.get(f"/products/{SKU}")),
    "POST /quotes": (
        200,
        lambda front, _: front.post(
            "/quotes",
            {"items": order_body()["items"], "pincode": "411001", "payment_method": "cod"},
        ),
    ),
    "POST /orders": (201, lambda front, _: front.order()),
    "GET /orders": (200, lambda front, _: front.get("/orders")),
    "GET /orders/{order_id}": (200, lambda front, order: front.get(f"/orders/{order}")),
    "GET /orders/{order_id}/events": (
        200,
        lambda front, order: front.get(f"/orders/{order}/events?after=9"),
    ),
    "POST /orders/{order_id}/payment": (
        200,
        lambda front, order: front.post(
            f"/orders/{order}/payment",
            {
                "razorpay_payment_id": "pay_1",
                "razorpay_order_id": "order_1",
                "razorpay_signature": GOOD_SIGNATURE,
            },
        ),
    ),
    "POST /orders/{order_id}/cancel": (
        200,
        lambda front, order: front.post(f"/orders/{order}/cancel", {"reason": "late"}),
    ),
    "GET /ops/orders": (200, lambda front, _: front.get("/ops/orders", front.ops)),
    "GET /ops/orders/{order_id}": (
        200,
        lambda front, order: front.get(f"/ops/orders/{order}", front.ops),
    ),
    "POST /webhooks/razorpay": (
        200,
        lambda front, _: front.http.post(
            "/webhooks/razorpay",
            content=CAPTURED,
            headers={"X-Razorpay-Signature": sign(CAPTURED)},
        ),
    ),
    "POST /webhooks/courier": (
        200,
        lambda front, _: front.http.post(
            "/webhooks/courier", json={}, headers={"x-api-key": COURIER_TOKEN}
        ),
    ),
}


@pytest.mark.parametrize("label", GOOD)
async def test_a_good_request_gets_what_the_document_shows(label: str, front: ShopFront) -> None:
    status, send = GOOD[label]
    response = await send(front, (await front.placed())["order_id"])
    assert response.status_code == status, response.text
    ALL[label].validate_response(response)


async def test_the_examples_of_the_document_can_be_ordered_as_they_stand(
    front: ShopFront,
) -> None:
    document = front.app.openapi()
    names = ("QuoteRequest", "OrderRequest", "HandoverRequest", "CancelRequest", "ResolveRequest")
    for name in names:
        assert _example(document["components"]["schemas"], name), name
    body = _example(document["components"]["schemas"], "OrderRequest")
    response = await front.post("/orders", json.loads(json.dumps(body)))
    assert response.status_code == 201, response.text


def _example(schemas: dict[str, Any], name: str) -> dict[str, Any]:
    [example] = schemas[name]["examples"]
    assert isinstance(example, dict)
    return example
