import asyncio
import re
from pathlib import Path

import httpx
import pytest

from api.problems.catalogue import PROBLEM_TYPES, slug_of
from api.routes import health
from domain import errors
from tests.api.shop import ShopFront, problem_type

ROOT = Path(__file__).resolve().parents[2]


async def works() -> None:
    await asyncio.sleep(0)


async def hangs() -> None:
    await asyncio.Event().wait()


async def breaks() -> None:
    message = "mongodb://user:password@host refused"
    raise ConnectionError(message)


async def test_the_process_is_alive_without_asking_anybody(front: ShopFront) -> None:
    front.health["mongodb"] = hangs
    assert (await front.http.get("/healthz")).status_code == 200


async def test_ready_means_that_every_service_answers(front: ShopFront) -> None:
    front.health.update(mongodb=works, temporal=works)
    response = await front.http.get("/readyz")
    assert response.json() == {"status": "ready", "checks": {"mongodb": "ok", "temporal": "ok"}}


async def test_not_ready_names_what_is_missing_and_shows_no_secrets(
    front: ShopFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_DEADLINE_S", 0.02)
    front.health.update(mongodb=breaks, temporal=hangs, redis=works)
    response = await front.http.get("/readyz")
    assert response.status_code == 503
    assert problem_type(response) == "not-ready"
    assert response.json()["missing"] == ["mongodb", "temporal"]
    assert "password" not in response.text


async def test_requests_and_problems_are_counted_by_template_and_type(front: ShopFront) -> None:
    order_id = (await front.placed())["order_id"]
    await front.get(f"/orders/{order_id}")
    await front.get("/orders/ord_aaaaaaaaaaaaaaaaaaaa")
    await front.get("/made/up")
    text = (await front.http.get("/metrics")).text
    assert (
        'orders_api_requests_total{method="GET",route="/orders/{order_id}",status="200"} 1.0'
        in text
    )
    assert 'orders_api_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert 'orders_api_problems_total{type="order-not-found"} 1.0' in text
    assert order_id not in text


async def test_every_answer_carries_the_headers_that_browsers_need(front: ShopFront) -> None:
    for response in (await front.http.get("/products"), await front.http.get("/nothing")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"


async def preflight(front: ShopFront, origin: str) -> httpx.Response:
    return await front.http.options(
        "/orders/ord_aaaaaaaaaaaaaaaaaaaa/cancel",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        },
    )


async def test_the_tracking_page_may_call_the_api_and_no_other(front: ShopFront) -> None:
    allowed = await preflight(front, "http://tracking.test:8001")
    refused = await preflight(front, "http://evil.test")
    assert allowed.headers["access-control-allow-origin"] == "http://tracking.test:8001"
    assert "access-control-allow-origin" not in refused.headers


async def test_an_error_of_ours_tells_nothing_of_the_inside(front: ShopFront) -> None:
    front.orders.views.fail("get", RuntimeError("a secret detail"))
    transport = httpx.ASGITransport(app=front.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        response = await client.get("/orders/ord_aaaaaaaaaaaaaaaaaaaa", headers=front.bearer())
    assert response.status_code == 500
    assert problem_type(response) == "internal-error"
    assert "secret" not in response.text


async def test_every_problem_type_explains_itself(front: ShopFront) -> None:
    for slug, each in PROBLEM_TYPES.items():
        body = (await front.http.get(f"/problems/{slug}")).json()
        assert (body["status"], body["title"]) == (each.status, each.title)


def test_the_document_lists_exactly_the_problem_types_that_there_are() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `/problems/([a-z-]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$", text, re.MULTILINE
    )
    assert rows == [
        (each.slug, str(each.status), each.title, each.remedy) for each in PROBLEM_TYPES.values()
    ]


@pytest.mark.parametrize(
    "error",
    [
        errors.OutOfStock,
        errors.CouponRefused,
        errors.ImpossibleStep,
        errors.ShipmentTooLate,
        errors.PaymentSignatureInvalid,
        errors.PaymentRejected,
        errors.CommandRefused,
        errors.OrderNotFound,
        errors.InvalidCart,
        errors.InvalidToken,
        errors.OrderUnavailable,
        errors.CourierUnavailable,
    ],
)
def test_the_slug_of_a_type_is_its_errors_name(error: type[Exception]) -> None:
    assert slug_of(error.__name__) in PROBLEM_TYPES
