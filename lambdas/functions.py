"""Every function with what it needs and what it must not load; packaging and Terraform read this.

Receivers are written down here. Consumers follow from their own contracts: a new consumer is a new
function without a line here. Not loaded by any function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from consumers.contract import ConsumerContract, QueueDeclaration
from consumers.registry import discover
from lambdas.consumer import VARIABLE, function_of
from lambdas.consumer_ports import DRIVER_SETTINGS, PORT_DRIVERS, LazyPorts

WEBHOOK_INBOX: Final = "webhook-inbox"
FRAMEWORKS: Final = frozenset({"fastapi", "starlette", "uvicorn", "mangum", "websockets"})
SDK: Final = frozenset({"boto3", "botocore"})
ELSEWHERE: Final = frozenset(
    {"razorpay", "requests", "httpx", "fpdf", "num2words", "typer", "rich", "aiosmtpd", "jwt"}
)
DRIVERS: Final = frozenset(driver for drivers in PORT_DRIVERS.values() for driver in drivers)
HEAVY: Final = FRAMEWORKS | SDK | ELSEWHERE | DRIVERS
TESTING: Final = "temporalio.testing"
DISTRIBUTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "motor": ("motor",),
    "redis": ("redis", "hiredis"),
    "temporalio": ("temporalio", "pydantic"),
}
"""What pip knows a driver as; what these require comes along."""

RECEIVER_MODULES: Final = 130
RECEIVER_ZIP_BYTES: Final = 100_000
VISIBILITY_PER_TIMEOUT: Final = 6
"""AWS: a queue hides messages for at least six times as long as its function may take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """One function as it is packed, deployed and checked.

    Attributes:
        handler: `module.name`, as Lambda wants it.
        timeout_s: after which an invocation is ended.
        most_at_once: concurrent invocations.
        variables: of its environment, the same in every deployment.
        settings, optional_settings: of its environment, given by the deployment.
        route: the request that a gateway hands to it.
        sends_to: the queue that it may send to.
        consumes: the queue that its event source reads.
        third_party: whether it may load anything beyond the standard library.
        distributions: what is packed with it, besides what that requires.
        forbidden: modules that it must never load, however far away; packing fails if it does.
        most_modules, most_zip_bytes: limits of a function that has to start at once.
    """

    name: str
    summary: str
    handler: str
    memory_mb: int
    timeout_s: int
    most_at_once: int
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    optional_settings: tuple[str, ...] = ()
    route: str | None = None
    sends_to: str | None = None
    consumes: QueueDeclaration | None = None
    third_party: bool = False
    distributions: tuple[str, ...] = ()
    forbidden: frozenset[str] = HEAVY
    most_modules: int | None = None
    most_zip_bytes: int | None = None

    @property
    def module(self) -> str:
        """Return the handler's module."""
        return self.handler.rpartition(".")[0]


def functions() -> tuple[Function, ...]:
    """Return every function: the receivers, then a function per consumer."""
    found = discover()
    consumers = (consumer_function(each.contract, each.build.__module__) for each in found.values())
    return (*RECEIVERS, *consumers)


def consumer_function(contract: ConsumerContract, module: str) -> Function:
    """Return the function of a consumer, from its contract and from what it asks for when built.

    Raises:
        NoSuchPort: it asks for a port that functions cannot make yet.
    """
    drivers = drivers_of(module)
    settings = [name for driver in sorted(drivers) for name in DRIVER_SETTINGS.get(driver, ())]
    return Function(
        name=f"consumer-{contract.name.replace('_', '-')}",
        summary=f"The consumer {contract.name} on the queue {contract.queue}.",
        handler="lambdas.consumer.handle",
        memory_mb=512,
        timeout_s=max(1, contract.visibility_s // VISIBILITY_PER_TIMEOUT),
        most_at_once=10,
        variables={VARIABLE: module},
        settings=tuple(settings),
        consumes=contract.declaration(),
        third_party=True,
        distributions=(
            "prometheus-client",
            *(name for driver in sorted(drivers) for name in DISTRIBUTIONS.get(driver, ())),
        ),
        forbidden=(HEAVY - drivers) | {TESTING},
    )


def drivers_of(module: str) -> frozenset[str]:
    """Return the drivers that a consumer brings along, by building it: nothing is dialled."""
    ports = LazyPorts({})
    function_of(module, ports).close()
    return frozenset(driver for port in ports.taken for driver in PORT_DRIVERS.get(port, ()))


RECEIVERS: Final = (
    Function(
        name="razorpay-webhook",
        summary="Takes Razorpay's webhooks: verifies, queues, answers.",
        handler="lambdas.razorpay_webhook.handle",
        memory_mb=256,
        timeout_s=5,
        most_at_once=50,
        settings=("RAZORPAY_WEBHOOK_SECRET", "WEBHOOK_INBOX_URL"),
        optional_settings=("RAZORPAY_WEBHOOK_SECRET_PREVIOUS",),
        route="POST /webhooks/razorpay",
        sends_to=WEBHOOK_INBOX,
        most_modules=RECEIVER_MODULES,
        most_zip_bytes=RECEIVER_ZIP_BYTES,
    ),
    Function(
        name="courier-webhook",
        summary="Takes the courier's webhooks: checks the key, queues, answers.",
        handler="lambdas.courier_webhook.handle",
        memory_mb=256,
        timeout_s=5,
        most_at_once=50,
        settings=("COURIER_WEBHOOK_TOKEN", "WEBHOOK_INBOX_URL"),
        route="POST /webhooks/courier",
        sends_to=WEBHOOK_INBOX,
        most_modules=RECEIVER_MODULES,
        most_zip_bytes=RECEIVER_ZIP_BYTES,
    ),
)
