"""The courier, documents and small stores, in memory, for workflow tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.cart import CartItem
from domain.catalogue import Warehouse
from domain.credit_notes import compose_credit_note
from domain.document_number import document_number
from domain.documents import DocumentKind, DocumentRequest, TaxDocument, compose_invoice
from domain.errors import BookingRefused, ShipmentTooLate
from domain.order import Allocation, OrderState
from domain.ports import (
    NO_FACTS,
    Booking,
    BookingRequest,
    Mail,
    Position,
    Remittance,
    RouteRequest,
)
from domain.pricing import Route
from domain.shipment import CourierUpdate, ShipmentState
from tests.fakes.aws import FakeEventPublisher
from tests.fakes.recording import Recorder
from tests.fakes.stock import FakeInventory
from tests.fakes.views import FakeOrderHeads


@dataclass
class CrashingInventory(Recorder):
    """The fake inventory, with crashes before and after its effects."""

    inner: FakeInventory = field(default_factory=FakeInventory)

    async def hold(
        self, order_id: str, items: Sequence[CartItem], pincode: str
    ) -> tuple[Allocation, ...]:
        async with self._call("hold", order_id=order_id):
            return await self.inner.hold(order_id, items, pincode)

    async def commit(self, order_id: str) -> None:
        async with self._call("commit", order_id=order_id):
            await self.inner.commit(order_id)

    async def release(self, order_id: str) -> None:
        async with self._call("release", order_id=order_id):
            await self.inner.release(order_id)

    async def held_before(self, moment: datetime, limit: int) -> Sequence[str]:
        return await self.inner.held_before(moment, limit)

    async def restock(self, order_id: str, shipment: int, allocation: Allocation) -> None:
        async with self._call("restock", order_id=order_id, shipment=shipment):
            await self.inner.restock(order_id, shipment, allocation)


@dataclass
class DeafPublisher(FakeEventPublisher):
    """A publisher whose outage ends when the test says so."""

    def recover(self) -> None:
        """End every planned failure."""
        self._before.clear()


@dataclass
class CourierDouble(Recorder):
    """Books anything unless told otherwise; parcels move only when the test says so."""

    refusals: list[str] = field(default_factory=list)
    refused_warehouses: set[str] = field(default_factory=set)
    booked: dict[str, Booking] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    picked_up: set[str] = field(default_factory=set)
    tracking: dict[str, CourierUpdate] = field(default_factory=dict)
    remittances: dict[str, Remittance] = field(default_factory=dict)
    deliver_everything: bool = False
    pick_up_at_once: bool = False

    async def route(self, request: RouteRequest) -> Route:
        return Route(serviceable=True, cod=True)

    async def book(self, request: BookingRequest) -> Booking:
        async with self._call("book", reference=request.reference, request=request):
            if self.refusals:
                raise BookingRefused(self.refusals.pop(0))
            if request.warehouse.code in self.refused_warehouses:
                message = "no courier comes here"
                raise BookingRefused(message)
            number = len(self.booked) + 1
            return self.booked.setdefault(
                request.reference,
                Booking(
                    awb=f"AWB{abs(hash(request.reference)) % 10**9}",
                    courier="Bluedart",
                    courier_order_id=str(1000 + number),
                    courier_shipment_id=str(2000 + number),
                    tracking_url="https://courier.test/track",
                    label_url=None,
                    promised_by=datetime.now(UTC) + timedelta(days=4),
                ),
            )

    async def schedule_pickup(self, booking: Booking) -> None:
        async with self._call("schedule_pickup", awb=booking.awb):
            return

    async def cancel(self, booking: Booking) -> None:
        async with self._call("cancel", awb=booking.awb):
            if self.pick_up_at_once or booking.awb in self.picked_up:
                message = "picked up already"
                raise ShipmentTooLate(message)
            self.cancelled.append(booking.awb)

    async def track(self, shipment: int, awb: str) -> CourierUpdate | None:
        async with self._call("track", awb=awb):
            if self.deliver_everything:
                now, delivered = datetime.now(UTC), ShipmentState.DELIVERED
                return CourierUpdate(shipment=shipment, awb=awb, state=delivered, at=now)
            return self.tracking.get(awb)

    async def remittance(self, courier_order_id: str) -> Remittance | None:
        async with self._call("remittance", courier_order_id=courier_order_id):
            return self.remittances.get(courier_order_id)


@dataclass
class RegisterDouble(Recorder):
    """Numbers per warehouse and kind."""

    documents: dict[str, TaxDocument] = field(default_factory=dict)

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        async with self._call("register", key=request.key):
            if request.key not in self.documents:
                serial = len(self.documents) + 1
                number = document_number(request.kind, supplier, "2627", serial)
                self.documents[request.key] = self._composed(number, request, supplier)
            return self.documents[request.key]

    def _composed(self, number: str, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        if request.kind is DocumentKind.INVOICE:
            return compose_invoice(number, request, supplier)
        written = self.documents.values()
        original = next((one for one in written if one.number == request.original), None)
        earlier = [one for one in written if one.request.original == request.original]
        return compose_credit_note(number, request, original, earlier)

    async def find(self, number: str) -> TaxDocument | None:
        return next((d for d in self.documents.values() if d.number == number), None)


class RendererDouble:
    """Says what it was asked to print."""

    def render(self, document: TaxDocument) -> bytes:
        return document.number.encode()


@dataclass
class MailDouble(Recorder):
    """The relay and the list of what went out."""

    mails: list[Mail] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)

    async def send(self, mail: Mail) -> None:
        async with self._call("send", key=mail.key):
            self.mails.append(mail)

    async def claim(self, key: str) -> bool:
        return key not in self.marked

    async def release(self, key: str) -> None:
        """Forget nothing: claims of this double are never held."""

    async def mark_sent(self, key: str) -> None:
        async with self._call("mark_sent", key=key):
            self.marked.add(key)


@dataclass
class SmallStores(Recorder):
    """Payment references, heads, archive."""

    refs: dict[str, str] = field(default_factory=dict)
    heads: dict[str, Position] = field(default_factory=dict)
    recorded: FakeOrderHeads = field(default_factory=FakeOrderHeads)
    archive: dict[str, OrderState] = field(default_factory=dict)

    async def put(self, razorpay_order_id: str, order_id: str) -> None:
        self.refs[razorpay_order_id] = order_id

    async def order_id(self, razorpay_order_id: str) -> str | None:
        return self.refs.get(razorpay_order_id)

    async def advance(
        self, order_id: str, position: Position, at: datetime, digests: Mapping[int, str] = NO_FACTS
    ) -> None:
        async with self._call("advance", order_id=order_id, position=position):
            await self.recorded.advance(order_id, position, at, digests)
            self.heads[order_id] = position

    async def oldest_behind(self) -> datetime | None:
        return await self.recorded.oldest_behind()

    async def behind(self, older_than: datetime, limit: int) -> list[str]:
        return []

    async def caught_up(self, order_id: str, position: Position) -> None:
        return

    async def store(self, state: OrderState) -> None:
        async with self._call("store", order_id=state.order_id):
            self.archive[state.order_id] = state

    async def load(self, order_id: str) -> OrderState | None:
        return self.archive.get(order_id)
