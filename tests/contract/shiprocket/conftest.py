import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from adapters.shiprocket.courier import ShiprocketCourier
from domain.cart import Address, Customer, PaymentMethod
from domain.catalogue import Warehouse
from domain.errors import CourierUnavailable
from domain.ids import order_id_for, seller_reference
from domain.ports import BookingRequest, Courier, ParcelItem
from domain.shipment import ShipmentState
from sandbox.courier.app import create_app
from sandbox.courier.config import CourierSandboxConfig
from tests.contract.serving import Controls, serving
from tests.fakes.gateways import FakeCourier

EMAIL, PASSWORD = "api@shop.example", "contract-password"
API = "/v1/external"
TIMEOUT_S = 0.6
ROUTES = {
    "book": f"POST {API}/orders/create/adhoc",
    "cancel": f"POST {API}/orders/cancel",
    "schedule_pickup": f"POST {API}/courier/generate/pickup",
    "track": f"GET {API}/courier/track/awb/*",
    "route": f"GET {API}/courier/serviceability*",
}


@dataclass(frozen=True, kw_only=True)
class Parcels:
    """Makes requests that differ from test to test."""

    order_id: str

    def request(
        self,
        *,
        shipment: int = 1,
        rebooking: int = 0,
        pincode: str = "560034",
        method: PaymentMethod = PaymentMethod.PREPAID,
        items: tuple[ParcelItem, ...] | None = None,
        phone: str = "+91 9876543210",
    ) -> BookingRequest:
        kettle = ParcelItem(
            sku="KETTLE", name="Kettle", hsn="851679", quantity=2, unit_price_paise=74_950
        )
        return BookingRequest(
            reference=seller_reference(self.order_id, shipment, rebooking),
            order_id=self.order_id,
            shipment=shipment,
            ordered_at=datetime.now(UTC),
            warehouse=Warehouse(
                code="PNQ",
                name="Pune",
                gstin="27AAPFU0939F1ZV",
                address="Plot 14, Hinjawadi Phase 1",
                city="Pune",
                state="Maharashtra",
                pincode="411001",
                pickup_location="Pune",
            ),
            customer=Customer(name="Asha Rao", email="asha@example.com", phone="9876543210"),
            address=Address(
                name="Asha Rao",
                phone=phone,
                line1="12, 4th Cross, Koramangala",
                city="Bengaluru",
                state="Karnataka",
                pincode=pincode,
            ),
            items=items or (kettle,),
            weight_g=1250,
            amount_paise=149_905,
            payment_method=method,
        )


class Network(Protocol):
    """One implementation of the port, and the vans around it."""

    @property
    def courier(self) -> Courier: ...

    def move(self, awb: str, state: ShipmentState) -> None: ...

    def remit(self, awb: str) -> None: ...

    def fail(self, method: str) -> None: ...

    def lose_answer(self, method: str) -> None: ...

    def parcels(self, order_id: str) -> int: ...


@dataclass
class FakeNetwork:
    courier: FakeCourier

    def move(self, awb: str, state: ShipmentState) -> None:
        self.courier.move(awb, state)

    def remit(self, awb: str) -> None:
        self.courier.remit(awb)

    def fail(self, method: str) -> None:
        self.courier.fail(method, CourierUnavailable("away"))

    def lose_answer(self, method: str) -> None:
        self.courier.lose_answer(method, CourierUnavailable("lost"))

    def parcels(self, order_id: str) -> int:
        return sum(one.request.order_id == order_id for one in self.courier.parcels.values())


TABLE_A = {
    ShipmentState.SHIPPED: "picked_up",
    ShipmentState.IN_TRANSIT: "in_transit",
    ShipmentState.OUT_FOR_DELIVERY: "out_for_delivery",
    ShipmentState.DELIVERED: "delivered",
    ShipmentState.ATTEMPT_FAILED: "undelivered",
    ShipmentState.RTO_INITIATED: "rto_initiated",
    ShipmentState.RTO_DELIVERED: "rto_delivered",
    ShipmentState.LOST: "lost",
}


@dataclass
class SandboxNetwork:
    courier: ShiprocketCourier
    controls: Controls

    def move(self, awb: str, state: ShipmentState) -> None:
        self.advance(awb, TABLE_A[state])

    def advance(self, awb: str, to: str) -> None:
        self.controls.post(f"shipments/{awb}/advance", {"to": to})

    def remit(self, awb: str) -> None:
        self.controls.post("clock", {"advance_s": 9 * 86_400})

    def fail(self, method: str) -> None:
        self.controls.faults(only=ROUTES[method], error_500=1)

    def lose_answer(self, method: str) -> None:
        self.controls.faults(only=ROUTES[method], lost_answer=1)

    def parcels(self, order_id: str) -> int:
        return sum(one["seller_order_id"].startswith(order_id) for one in self.stored())

    def stored(self) -> list[dict[str, Any]]:
        parcels: list[dict[str, Any]] = self.controls.state()["parcels"]
        return parcels

    def switches(self, **values: Any) -> None:
        self.controls.put("switches", values)

    def calls(self, path: str) -> int:
        return len(self.controls.requests(path=f"{API}{path}"))


@pytest.fixture(scope="session")
def courier_sandbox_url() -> Iterator[str]:
    with serving_sandbox() as url:
        yield url


def serving_sandbox() -> AbstractContextManager[str]:
    """A courier sandbox whose parcels stand still until a test moves them."""
    config = CourierSandboxConfig(email=EMAIL, password=PASSWORD, step_s=0)
    return serving(lambda: create_app(config))


@pytest.fixture
async def sandbox_network(courier_sandbox_url: str) -> AsyncIterator[SandboxNetwork]:
    controls = Controls(url=courier_sandbox_url)
    controls.clear_faults()
    controls.delete("switches")
    controls.put("switches", {"wallet": "100000"})
    courier = ShiprocketCourier(courier_sandbox_url + API, EMAIL, PASSWORD, timeout_s=TIMEOUT_S)
    yield SandboxNetwork(courier=courier, controls=controls)
    await courier.close()
    controls.clear_faults()


@pytest.fixture(params=["fake", "sandbox"])
def network(request: pytest.FixtureRequest) -> Network:
    if request.param == "fake":
        return FakeNetwork(courier=FakeCourier())
    found: SandboxNetwork = request.getfixturevalue("sandbox_network")
    return found


@pytest.fixture
def parcels() -> Parcels:
    return Parcels(order_id=order_id_for("customer", secrets.token_hex(8)))
