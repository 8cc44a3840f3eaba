import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Protocol

import pytest

from adapters.razorpay_gateway import RazorpayGateway
from domain.errors import PaymentGatewayUnavailable
from domain.ids import order_id_for
from domain.messages import ConfirmPayment
from domain.ports import PaymentGateway
from sandbox.razorpay.app import create_app
from sandbox.razorpay.config import RazorpaySandboxConfig
from tests.contract.serving import Controls, serving
from tests.fakes.gateways import FakePaymentGateway

KEY_ID = "rzp_test_contract"
KEY_SECRET = "contract-key-secret"
TIMEOUT_S = (5.0, 10.0)
IMPATIENT_S = (5.0, 0.4)
"""For calls that are to be given up, of a sandbox that holds its answer back for a second."""
ROUTES = {
    "find_order": "GET /v1/orders",
    "create_order": "POST /v1/orders",
    "payments_of": "GET /v1/orders/*/payments",
    "payment": "GET /v1/payments/*",
    "capture": "POST /v1/payments/*/capture",
    "refund": "POST /v1/payments/*/refund",
    "refund_status": "GET /v1/payments/*/refunds/*",
    "refunds_of": "GET /v1/payments/*/refunds",
}
WITHOUT_EFFECT = ("error_500", "error_429", "reset")
AFTER_THE_EFFECT = ("lost_answer", "html_502", "empty_204", "slow_s")
FAULTS = (*WITHOUT_EFFECT, *AFTER_THE_EFFECT)


class Merchant(Protocol):
    """One implementation of the port, and the world around it: customer, bank, bad luck."""

    @property
    def gateway(self) -> PaymentGateway: ...

    def pay(self, razorpay_order_id: str, outcome: str = "captured") -> ConfirmPayment: ...

    def lose_answer(self, method: str) -> None: ...

    def fail(self, method: str) -> None: ...

    def strike(self, method: str, fault: str) -> None:
        """Let the next call of a method meet one of `FAULTS`."""

    def orders_made(self, order_id: str) -> int: ...

    def refunds_made(self, payment_id: str) -> int: ...

    def hold_refunds(self) -> None: ...


@dataclass
class FakeMerchant:
    gateway: FakePaymentGateway

    def pay(self, razorpay_order_id: str, outcome: str = "captured") -> ConfirmPayment:
        return self.gateway.pay(razorpay_order_id, outcome)

    def lose_answer(self, method: str) -> None:
        self.gateway.lose_answer(method, PaymentGatewayUnavailable("lost"))

    def fail(self, method: str) -> None:
        self.gateway.fail(method, PaymentGatewayUnavailable("away"))

    def strike(self, method: str, fault: str) -> None:
        if fault in WITHOUT_EFFECT:
            self.fail(method)
        else:
            self.lose_answer(method)

    def orders_made(self, order_id: str) -> int:
        return int(order_id in self.gateway.orders)

    def refunds_made(self, payment_id: str) -> int:
        made = self.gateway.refunds.values()
        return sum(refund.payment_id == payment_id for refund in made)

    def hold_refunds(self) -> None:
        self.gateway.refunds_settle_at_once = False


@dataclass
class SandboxMerchant:
    patient: RazorpayGateway
    impatient: RazorpayGateway
    controls: Controls
    hurried: bool = False

    @property
    def gateway(self) -> RazorpayGateway:
        """The gateway for the next call, which gives up soon if it is to meet slowness."""
        hurried, self.hurried = self.hurried, False
        return self.impatient if hurried else self.patient

    def pay(self, razorpay_order_id: str, outcome: str = "captured") -> ConfirmPayment:
        body = {"order_id": razorpay_order_id, "outcome": outcome}
        answer = self.controls.post("payments", body)
        return ConfirmPayment(
            razorpay_payment_id=answer["razorpay_payment_id"],
            razorpay_order_id=answer["razorpay_order_id"],
            razorpay_signature=answer.get("razorpay_signature", ""),
        )

    def lose_answer(self, method: str) -> None:
        self.controls.faults(only=ROUTES[method], lost_answer=1)

    def fail(self, method: str) -> None:
        self.controls.faults(only=ROUTES[method], error_500=1)

    def strike(self, method: str, fault: str, limit: int | None = 1) -> None:
        self.controls.faults(only=ROUTES[method], limit=limit, **{fault: 1})
        self.hurried = fault == "slow_s"

    def orders_made(self, order_id: str) -> int:
        return sum(
            record["status"] == 200 and order_id in json.dumps(record["body"])
            for record in self.controls.requests("POST", "/v1/orders")
        )

    def refunds_made(self, payment_id: str) -> int:
        refunds = self.controls.state()["refunds"]
        found = refunds.values() if isinstance(refunds, dict) else refunds
        return sum(refund["payment_id"] == payment_id for refund in found)

    def hold_refunds(self) -> None:
        self.controls.put("refunds", {"settle_s": 3600})


@pytest.fixture(scope="session")
def razorpay_sandbox_url() -> Iterator[str]:
    config = RazorpaySandboxConfig(
        key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret="contract-webhook-secret"
    )
    with serving(lambda: create_app(config)) as url:
        yield url


@pytest.fixture
async def sandbox_merchant(razorpay_sandbox_url: str) -> AsyncIterator[SandboxMerchant]:
    controls = Controls(url=razorpay_sandbox_url)
    controls.clear_faults()
    controls.put("refunds", {"settle_s": 0, "fail_next": 0, "balance_short": False, "work_s": 0})
    patient, impatient = (
        RazorpayGateway(razorpay_sandbox_url, KEY_ID, KEY_SECRET, timeout_s=timeout_s)
        for timeout_s in (TIMEOUT_S, IMPATIENT_S)
    )
    yield SandboxMerchant(patient=patient, impatient=impatient, controls=controls)
    patient.close()
    impatient.close()
    controls.clear_faults()


@pytest.fixture(params=["fake", "sandbox"])
def merchant(request: pytest.FixtureRequest) -> Merchant:
    if request.param == "fake":
        return FakeMerchant(gateway=FakePaymentGateway())
    found: SandboxMerchant = request.getfixturevalue("sandbox_merchant")
    return found


@pytest.fixture
def order_id() -> str:
    return order_id_for("customer", secrets.token_hex(8))
