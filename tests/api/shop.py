"""The API in process over doubles, and the requests that every test begins with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from adapters.razorpay_signature import verify_signature
from adapters.tokens import TokenIssuer, TokenVerifier
from api.application import create_app
from api.dependencies import ApiSettings, Dependencies, HealthCheck
from domain.catalogue import Coupon
from domain.order import Terms
from domain.ports import Scope
from tests.api.doubles import (
    GOOD_SIGNATURE,
    FakeCheckouts,
    FakeClock,
    FakeOrders,
    FakePayouts,
    FakeRoutes,
)
from tests.fakes.aws import FakeFiles, FakeQueue
from tests.fakes.stock import FakeCatalogue, FakeInventory, Shop

JWT_SECRET = "a-secret-of-the-tests-that-is-long-enough"
WEBHOOK_SECRET = "webhook-secret-now"
PREVIOUS_WEBHOOK_SECRET = "webhook-secret-before"
COURIER_TOKEN = "courier-token"
TRACKING_URL = "http://tracking.test:8001"
SKU = "COFFEE-FIL-500"
JSON = dict[str, Any]


@dataclass
class ShopFront:
    """The API with its doubles at hand."""

    shop: Shop = field(default_factory=Shop)
    clock: FakeClock = field(default_factory=FakeClock)
    routes: FakeRoutes = field(default_factory=FakeRoutes)
    checkouts: FakeCheckouts = field(default_factory=FakeCheckouts)
    files: FakeFiles = field(default_factory=FakeFiles)
    inbox: FakeQueue = field(default_factory=FakeQueue)
    health: dict[str, HealthCheck] = field(default_factory=dict)
    customer: str = field(default_factory=lambda: f"cus_{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self.orders = FakeOrders(inventory=FakeInventory(self.shop))
        self.payouts = FakePayouts()
        self.app = create_app(self.dependencies())
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="http://api.test"
        )

    def dependencies(self) -> Dependencies:
        return Dependencies(
            settings=ApiSettings(
                tracking_url=TRACKING_URL,
                temporal_ui_url="http://temporal.test:8233",
                temporal_namespace="default",
                cod_limit_paise=20_000_00,
                terms=Terms(payment_window_s=1800, tracking_url=TRACKING_URL),
            ),
            clock=self.clock,
            catalogue=FakeCatalogue(self.shop),
            routes=self.routes,
            checkouts=self.checkouts,
            commands=self.orders,
            payouts=self.payouts,
            views=self.orders.views,
            search=self.orders.views,
            log=self.orders.log,
            files=self.files,
            inbox=self.inbox,
            tokens=TokenVerifier(JWT_SECRET),
            issuer=TokenIssuer(JWT_SECRET),
            razorpay_signed=lambda body, signature: verify_signature(
                body, signature, [WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET]
            ),
            handover_signed=lambda handover: handover.razorpay_signature == GOOD_SIGNATURE,
            courier_known=lambda token: token == COURIER_TOKEN,
            health=self.health,
        )

    def add_coupon(
        self, code: str, *, expired: bool = False, budget_paise: int = 1_000_000_00
    ) -> None:
        today = self.clock.now().date()
        self.shop.coupons[code] = Coupon(
            code=code,
            percent_off=10,
            valid_from=today - timedelta(days=30),
            valid_until=today + timedelta(days=-1 if expired else 30),
            budget_paise=budget_paise,
        )

    def token(self, subject: str | None = None, scope: str = "customer") -> str:
        return TokenIssuer(JWT_SECRET).issue(
            subject or self.customer,
            now=self.clock.now(),
            scope=Scope(scope),
            lifetime=timedelta(hours=1),
        )

    def bearer(self, subject: str | None = None, scope: str = "customer") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(subject, scope)}"}

    @property
    def ops(self) -> dict[str, str]:
        return self.bearer("asha-of-ops", "ops")

    async def get(
        self, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        return await self.http.get(path, headers=headers or self.bearer(), **more)

    async def post(
        self,
        path: str,
        body: Any,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        keyed = {"Idempotency-Key": key or secrets.token_hex(8)}
        return await self.http.post(path, json=body, headers=keyed | dict(headers or self.bearer()))

    async def order(self, key: str | None = None, **changes: Any) -> httpx.Response:
        return await self.post("/orders", order_body(**changes), key=key)

    async def placed(self, **changes: Any) -> JSON:
        response = await self.order(**changes)
        assert response.status_code == 201, response.text
        body: JSON = response.json()
        return body


def order_body(**changes: Any) -> JSON:
    body: JSON = {
        "items": [{"sku": SKU, "quantity": 2}],
        "customer": {"name": "Asha Rao", "email": "asha@example.com", "phone": "9876543210"},
        "shipping_address": {
            "name": "Asha Rao",
            "phone": "+91 9876543210",
            "line1": "12 MG Road",
            "line2": "Near the clock tower",
            "city": "Pune",
            "state": "Maharashtra",
            "pincode": "411001",
        },
        "payment_method": "prepaid",
        "coupon": None,
    }
    return body | changes


def fields_of(response: httpx.Response) -> list[str]:
    return [error["field"] for error in response.json().get("errors", [])]


def problem_type(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json", response.text
    document = response.json()
    assert document["status"] == response.status_code
    slug: str = document["type"].removeprefix("/problems/")
    return slug
