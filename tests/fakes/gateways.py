"""The fakes of what lies outside: each records its calls and fails when a test says so."""

from tests.fakes.aws import FakeEventPublisher, FakeFiles, FakeQueue
from tests.fakes.courier import FakeCourier
from tests.fakes.mailer import FakeMailer
from tests.fakes.payment_gateway import FakePaymentGateway

__all__ = [
    "FakeCourier",
    "FakeEventPublisher",
    "FakeFiles",
    "FakeMailer",
    "FakePaymentGateway",
    "FakeQueue",
]
