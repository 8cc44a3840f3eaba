"""A house in memory around a real Temporal server: real activities, fakes behind their ports."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain import ids
from domain.cart import Address, CartItem, Customer, PaymentMethod
from domain.errors import OrderUnavailable
from domain.events import EventType, OrderEvent
from domain.messages import (
    CheckoutAnswer,
    EventsSince,
    OrderInput,
    PaymentNews,
    StatusSnapshot,
)
from domain.order import Placement, Terms
from domain.payment import GatewayPayment
from domain.pricing import PricingRequest, Route, price_cart
from domain.shipment import CourierUpdate, ShipmentState
from domain.status import OrderStatus
from tests.fakes.aws import FakeFiles
from tests.fakes.gateways import FakePaymentGateway
from tests.fakes.links import FakeLinkKeys
from tests.fakes.payment_reports import FakePaymentReports
from tests.fakes.reconciliation import (
    FakeMoneyWatch,
    FakeReconciliationReports,
    FakeSettlementBooks,
    PublishedMoneyBooks,
)
from tests.fakes.stock import FakeCatalogue, FakeCoupons, FakeInventory, Shop
from tests.workflows.doubles import (
    CourierDouble,
    CrashingInventory,
    DeafPublisher,
    MailDouble,
    RegisterDouble,
    RendererDouble,
    SmallStores,
)
from workers.wiring import (
    QUEUES,
    ActivityPorts,
    ReconciliationPorts,
    activities_of,
    workflows_of,
)
from workflows.order import CHECKOUT, OrderWorkflow
from workflows.order_client import OrderClient
from workflows.policies import ORDERS_QUEUE

Handle = WorkflowHandle[OrderWorkflow, OrderStatus | None]

TERMS = Terms(auto_pack=True, tracking_url="https://shop.test")
HAPPY = (
    ShipmentState.SHIPPED,
    ShipmentState.IN_TRANSIT,
    ShipmentState.OUT_FOR_DELIVERY,
    ShipmentState.DELIVERED,
)


@dataclass
class ForgetfulGateway(FakePaymentGateway):
    """A gateway whose open attempts fail after it was asked about them a number of times."""

    fail_attempts_after_looks: int | None = None

    async def payments_of(self, razorpay_order_id: str) -> Sequence[GatewayPayment]:
        looks = len(self.called("payments_of"))
        if self.fail_attempts_after_looks is not None and looks >= self.fail_attempts_after_looks:
            self.payments = {
                key: replace(payment, status="failed") for key, payment in self.payments.items()
            }
        return await super().payments_of(razorpay_order_id)


@dataclass
class House:
    """The fakes, and the workers that run on them."""

    client: Client
    environment: WorkflowEnvironment | None = None
    shop: Shop = field(default_factory=Shop)
    gateway: ForgetfulGateway = field(default_factory=ForgetfulGateway)
    courier: CourierDouble = field(default_factory=CourierDouble)
    register: RegisterDouble = field(default_factory=RegisterDouble)
    mail: MailDouble = field(default_factory=MailDouble)
    files: FakeFiles = field(default_factory=FakeFiles)
    publisher: DeafPublisher = field(default_factory=DeafPublisher)
    stores: SmallStores = field(default_factory=SmallStores)
    payment_reports: FakePaymentReports = field(default_factory=FakePaymentReports)
    settled: FakeSettlementBooks = field(default_factory=FakeSettlementBooks)
    day_reports: FakeReconciliationReports = field(default_factory=FakeReconciliationReports)

    def __post_init__(self) -> None:
        self.catalogue = FakeCatalogue(self.shop)
        self.inventory = CrashingInventory(inner=FakeInventory(self.shop))
        self.coupons = FakeCoupons(self.shop)
        self.orders = OrderClient(self.client, self.stores)
        self.books = PublishedMoneyBooks(publisher=self.publisher)
        self.watch = FakeMoneyWatch(placed=self.placed)

    def ports(self) -> ActivityPorts:
        return ActivityPorts(
            catalogue=self.catalogue,
            inventory=self.inventory,
            coupons=self.coupons,
            gateway=self.gateway,
            payment_refs=self.stores,
            courier=self.courier,
            register=self.register,
            renderer=RendererDouble(),
            files=self.files,
            mailer=self.mail,
            sent_mail=self.mail,
            links=FakeLinkKeys(),
            publisher=self.publisher,
            heads=self.stores,
            archive=self.stores,
            orders=self.orders,
            reconciliation=ReconciliationPorts(
                payment_reports=self.payment_reports,
                news=self.orders,
                books=self.books,
                watch=self.watch,
                settled=self.settled,
                reports=self.day_reports,
            ),
        )

    def placed(self) -> dict[str, datetime]:
        """Return when each order whose first event is published was placed."""
        return {order_id: order.placed_at for order_id, order in self.books.known().items()}

    @asynccontextmanager
    async def open(self, **worker_options: Any) -> AsyncIterator["House"]:
        """Run every worker of the house."""
        async with AsyncExitStack() as stack:
            for queue in QUEUES:
                await stack.enter_async_context(
                    Worker(
                        self.client,
                        task_queue=queue,
                        workflows=workflows_of(queue),
                        activities=activities_of(queue, self.ports()),
                        graceful_shutdown_timeout=timedelta(seconds=1),
                        **worker_options,
                    )
                )
            yield self

    # --- what a customer does -------------------------------------------------------------------

    async def placement(
        self,
        *items: tuple[str, int],
        method: PaymentMethod = PaymentMethod.PREPAID,
        coupon: str | None = None,
        terms: Terms = TERMS,
    ) -> Placement:
        cart = tuple(
            CartItem(sku=sku, quantity=quantity) for sku, quantity in items or [("TEE-BLK-M", 2)]
        )
        request = PricingRequest(
            items=cart,
            payment_method=method,
            place_of_supply="Maharashtra",
            route=Route(serviceable=True, cod=True),
            cod_limit_paise=50_000_00,
            coupon=coupon,
        )
        snapshot = await self.catalogue.snapshot([item.sku for item in cart], coupon)
        return Placement(
            order_id=ids.order_id_for("cust_1", uuid4().hex),
            customer_id="cust_1",
            customer=Customer(name="Asha Rao", email="asha@example.com", phone="9876543210"),
            shipping_address=Address(
                name="Asha Rao",
                phone="9876543210",
                line1="14 MG Road",
                city="Pune",
                state="Maharashtra",
                pincode="411001",
            ),
            quote=price_cart(request, snapshot),
            placed_at=await self.now(),
            terms=terms,
        )

    async def check_out(self, placement: Placement) -> tuple[CheckoutAnswer, Handle]:
        answer = await self.orders.checkout(placement)
        return answer, self.handle(placement.order_id)

    async def start(self, placement: Placement) -> tuple[CheckoutAnswer, Handle]:
        """Check out by start and update apart, so that `result()` on the handle skips time."""
        handle = await self.client.start_workflow(
            OrderWorkflow.run,
            OrderInput(placement=placement),
            id=ids.workflow_id(placement.order_id),
            task_queue=ORDERS_QUEUE,
        )
        answer = await handle.execute_update(CHECKOUT, id=CHECKOUT, result_type=CheckoutAnswer)
        return answer, handle

    def handle(self, order_id: str) -> Handle:
        return self.client.get_workflow_handle_for(OrderWorkflow.run, ids.workflow_id(order_id))

    async def pay(self, answer: CheckoutAnswer, outcome: str = "captured") -> str:
        """Pay at the gateway, and let the webhook arrive."""
        assert answer.payment is not None
        handover = self.gateway.pay(answer.payment.razorpay_order_id, outcome)
        await self.tell(answer.order_id, handover.razorpay_payment_id)
        return handover.razorpay_payment_id

    async def tell(self, order_id: str, payment_id: str) -> None:
        news = PaymentNews(payment=self.gateway.payments[payment_id])
        await self.orders.payment_event(order_id, news)

    # --- what the courier does ------------------------------------------------------------------

    async def move(self, order_id: str, *states: ShipmentState, number: int = 1) -> None:
        for state in states:
            awb = self.courier.booked[ids.seller_reference(order_id, number)].awb
            await self.orders.courier_event(
                order_id,
                CourierUpdate(shipment=number, awb=awb, state=state, at=datetime.now(UTC)),
            )

    # --- looking --------------------------------------------------------------------------------

    async def now(self) -> datetime:
        if self.environment is not None:
            return await self.environment.get_current_time()
        return datetime.now(UTC)

    async def status(self, order_id: str) -> StatusSnapshot:
        return await self.orders.status(order_id)

    async def events(self, order_id: str) -> list[OrderEvent]:
        return await self.handle(order_id).query(
            OrderWorkflow.events_since, EventsSince(sequence=0)
        )

    async def types(self, order_id: str) -> list[str]:
        return [event.type.value for event in await self.events(order_id)]

    async def until_status(self, order_id: str, *wanted: OrderStatus) -> StatusSnapshot:
        return await self.until(order_id, lambda snapshot: snapshot.status in wanted)

    async def until_event(self, order_id: str, event_type: EventType, times: int = 1) -> None:
        async def seen() -> bool:
            return (await self.types(order_id)).count(event_type.value) >= times

        await eventually(seen, f"{times} × {event_type}")

    async def until(self, order_id: str, check: Callable[[StatusSnapshot], bool]) -> StatusSnapshot:
        last: list[StatusSnapshot] = []

        async def seen() -> bool:
            try:
                last[:] = [await self.status(order_id)]
            except OrderUnavailable:  # a query waits for the local activities of an open task
                return False
            return check(last[0])

        await eventually(seen, f"the order's state, last seen {last}")
        return last[0]

    def published(self) -> list[OrderEvent]:
        """Return what reached the topics, by sequence, each once."""
        by_id: dict[str, OrderEvent] = {}
        for call in self.publisher.called("publish"):
            by_id.update({event.id: event for event in call["events"]})
        return sorted(by_id.values(), key=lambda event: event.sequence)

    async def skip(self, span: timedelta) -> None:
        """Let time pass on the time-skipping server."""
        assert self.environment is not None
        await self.environment.sleep(span)

    async def until_free(self, wanted: dict[tuple[str, str], int]) -> None:
        async def same() -> bool:
            return self.free_units() == wanted

        await eventually(same, "the stock given back")

    async def until_mails(self, count: int) -> None:
        async def sent() -> bool:
            return len(self.mail.mails) == count

        await eventually(sent, f"{count} mails")

    async def until_archived(self) -> None:
        async def archived() -> bool:
            return bool(self.stores.called("store"))

        await eventually(archived, "the archived state")

    async def until_booked(self, order_id: str) -> None:
        async def booked() -> bool:
            return ids.seller_reference(order_id, 1) in self.courier.booked

        await eventually(booked, "a booking at the courier")

    async def until_refund_asked(self, times: int = 1) -> None:
        async def asked() -> bool:
            return len(self.gateway.refunds) >= times

        await eventually(asked, "a refund at the gateway")

    async def until_refund_known(self, order_id: str) -> None:
        """Wait until the workflow knows Razorpay's id of its refund."""

        async def known() -> bool:
            snapshot = await self.status(order_id)
            return snapshot.waits_for.startswith("refund")

        await eventually(known, "the refund's id")

    def free_units(self) -> dict[tuple[str, str], int]:
        """Return what can be ordered now."""
        levels: Sequence[Any] = self.shop.levels(self.shop.products)
        return {(level.sku, level.warehouse): level.available for level in levels}


async def eventually(check: Callable[[], Any], why: str, within_s: float = 10.0) -> None:
    """Poll until an async check is true; fail after the deadline."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await check():
        if asyncio.get_running_loop().time() > deadline:
            message = f"never came: {why}"
            raise AssertionError(message)
        await asyncio.sleep(0.02)


async def connect(environment: WorkflowEnvironment) -> Client:
    """Return a client with our data converter on a test environment."""
    config = environment.client.config()
    config["data_converter"] = pydantic_data_converter
    return Client(**config)
