"""One parcel's way to the door: booked, invoiced, packed, followed, or withdrawn."""

from collections.abc import Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.delivery import (
        DeliveryActivities,
        TrackShipmentInput,
        TrackShipmentResult,
    )
    from activities.inventory import InventoryActivities, RestockInput
    from activities.invoicing import InvoicingActivities
    from domain import ids
    from domain.attention import AttentionAction
    from domain.cancellation import Cut, cut_parcel, lines_to_restock
    from domain.cart import PaymentMethod
    from domain.documents import DocumentKind
    from domain.events import EventType
    from domain.messages import CancelOrder
    from domain.order import Allocation
    from domain.payment import EntryKind, PaymentEntry
    from domain.ports import Booking
    from domain.shipment import (
        BEFORE_PICKUP,
        ENDED,
        WITH_COURIER,
        CourierUpdate,
        Shipment,
        ShipmentState,
        contradicts,
        is_old,
        path_to,
    )
    from domain.snapshot import Cancellation
    from workflows import policies
    from workflows.calls import local_first, remote
    from workflows.desk import Desk
    from workflows.parcel_forms import booking_of, booking_request, document_request

_ACTIONS = {
    DocumentKind.INVOICE: (AttentionAction.RETRY, AttentionAction.CANCEL),
    DocumentKind.CREDIT_NOTE: (AttentionAction.RETRY, AttentionAction.SKIP),
}
"""Goods do not leave without their invoice; a credit note may be written by hand."""

EVENT_OF: dict[ShipmentState, EventType] = {
    state: EventType(f"delivery_{state.value}") for state in ShipmentState
}


class Parcel:
    """The coroutine of one parcel. Each step asks the state, so a resumed order simply goes on."""

    def __init__(self, desk: Desk, number: int) -> None:
        """Drive parcel `number` (from 1) of the order at this desk."""
        self._desk = desk
        self._state = desk.state
        self._number = number
        self._cut: tuple[Cut, CancelOrder] | None = None
        self._refused: Cancellation | None = None
        self._invoiced = False
        self._early: list[CourierUpdate] = []

    async def run(self) -> None:
        """Bring the parcel to its end: delivered, lost, back at the warehouse, or cancelled.

        A parcel that is called off while it is still here is withdrawn; one that the courier does
        not give back goes on.
        """
        while not self.ended:
            await self._go_on()
            if self._called_off():
                await self._call_off()
        if self._is(ShipmentState.DELIVERED):
            await self._invoice()
        self._desk.aside(self._undo())

    async def give_up_lines(self, cut: Cut, command: CancelOrder) -> None:
        """Call the parcel off for the sake of some of its units; return once it has answered.

        If it could be withdrawn, a cancellation of its lines is told, and the rest of it becomes
        another parcel, in the same step. Otherwise nothing has changed.
        """
        self._cut = (cut, command)
        await workflow.wait_condition(lambda: self._cut is None)

    async def _go_on(self) -> None:
        for step in (self._book, self._invoice, self._pack, self._follow):
            if self._called_off() or self.ended:
                return
            await step()

    async def _call_off(self) -> None:
        if self._parcel is None:
            self._give_up()
        else:
            await self._withdraw()

    @property
    def _parcel(self) -> Shipment | None:
        return self._state.shipments.get(self._number)

    @property
    def _allocation(self) -> Allocation:
        return self._state.allocations[self._number - 1]

    @property
    def ended(self) -> bool:
        """Tell whether nothing more can happen to this parcel."""
        return self._is(*ENDED)

    def _is(self, *states: ShipmentState) -> bool:
        return self._parcel is not None and self._parcel.state in states

    @property
    def too_late(self) -> bool:
        """Tell whether the courier keeps the parcel, in spite of the cancellation that stands.

        It may have gone all the way at once: polling, or webhooks that come in one task.
        """
        refused = self._refused is not None and self._refused == self._state.cancellation
        return self._is(*WITH_COURIER, *(ENDED - {ShipmentState.CANCELLED})) or refused

    def _called_off(self) -> bool:
        if self.ended or self._is(*WITH_COURIER):
            return False
        wanted = self._state.cancellation is not None and not self.too_late
        return wanted or self._cut is not None

    async def _book(self) -> None:
        if self._parcel is not None:
            return
        booking = await self._desk.insist(
            "booking",
            lambda: remote(
                DeliveryActivities.book_shipment,
                booking_request(self._state, self._number),
                queue=policies.DELIVERY_QUEUE,
                one_call=policies.BOOKING_CALL,
                summary=f"book parcel {self._number} from {self._allocation.warehouse}",
            ),
            (AttentionAction.RETRY, AttentionAction.CANCEL),
            void=self._called_off,
        )
        if booking:
            self._booked(booking)

    def _give_up(self) -> None:
        """Record that this parcel will never be: its share of the charges is not owed any more."""
        self._tell_lines("cancelled before it was booked")
        parcel = Shipment(
            number=self._number,
            warehouse=self._allocation.warehouse,
            lines=self._allocation.lines,
            state=ShipmentState.CANCELLED,
            reference=ids.seller_reference(self._state.order_id, self._number),
            reason="cancelled before it was booked",
            changed_at=workflow.now(),
        )
        self._state.shipments[self._number] = parcel
        self._desk.outbox.emit(EventType.DELIVERY_CANCELLED, shipment=parcel)

    def _booked(self, booking: Booking) -> None:
        parcel = Shipment(
            number=self._number,
            warehouse=self._allocation.warehouse,
            lines=self._allocation.lines,
            state=ShipmentState.BOOKED,
            reference=ids.seller_reference(self._state.order_id, self._number),
            awb=booking.awb,
            courier=booking.courier,
            courier_order_id=booking.courier_order_id,
            courier_shipment_id=booking.courier_shipment_id,
            tracking_url=booking.tracking_url,
            label_url=booking.label_url,
            promised_by=booking.promised_by,
            changed_at=workflow.now(),
        )
        self._state.shipments[self._number] = parcel
        self._desk.outbox.emit(EventType.DELIVERY_BOOKED, shipment=parcel)
        self._desk.outbox.emit(EventType.INVOICE_GENERATION_QUEUED, shipment=parcel)
        for update in self._early:
            self.advance(update)

    async def _invoice(self) -> None:
        """Issue the invoice, once; one that was given up for a cancellation is tried again."""
        if not self._invoiced and self._state.invoice_of(self._number) is None:
            self._invoiced = True
            await self._issue(DocumentKind.INVOICE, EventType.INVOICE_GENERATED)
            self._invoiced = not self._called_off()

    async def _pack(self) -> None:
        if self._state.placement.terms.auto_pack and self._is(ShipmentState.BOOKED):
            self.move(ShipmentState.PACKED)
        await self._desk.wait(
            lambda: self._called_off() or not self._is(ShipmentState.BOOKED),
            f"the warehouse to pack parcel {self._number}",
        )

    async def _follow(self) -> None:
        """Follow the courier to the end; a parcel that stays silent is asked for.

        One that stays silent all the same goes to a person, who keeps waiting or gives it up.
        """
        looks = 0
        while not await self._desk.wait(
            self._followed,
            f"the courier with parcel {self._number}",
            workflow.now() + policies.PARCEL_SILENCE,
        ):
            told = await self._desk.insist("tracking", self._track, void=self._called_off)
            before = self._parcel
            if told and told.update:
                self.advance(told.update)
            looks = looks + 1 if self._stands_where(before) else 0
            if looks >= policies.SILENT_LOOKS:
                looks = 0
                await self._ask_for_silent()

    def _stands_where(self, before: Shipment | None) -> bool:
        return (
            before is not None and self._parcel is not None and before.state is self._parcel.state
        )

    async def _ask_for_silent(self) -> None:
        answer = await self._desk.ask_ops(
            "parcel",
            f"parcel {self._number}: the courier has been silent for days",
            "Ask the courier. Retry keeps waiting; skip declares the parcel lost and refunds it.",
            (AttentionAction.RETRY, AttentionAction.SKIP),
            void=self._called_off,
        )
        if answer.action is AttentionAction.SKIP and self._is(*WITH_COURIER):
            self.move(ShipmentState.LOST, answer.note or "given up by ops")

    async def _track(self) -> TrackShipmentResult:
        parcel = self._state.shipments[self._number]
        return await remote(
            DeliveryActivities.track_shipment,
            TrackShipmentInput(shipment=self._number, awb=parcel.awb or ""),
            queue=policies.DELIVERY_QUEUE,
            summary=f"ask for parcel {self._number}",
        )

    def _followed(self) -> bool:
        return self.ended or self._called_off()

    def advance(self, update: CourierUpdate) -> None:
        """Move forward to what the courier says, one event per step; old news changes nothing.

        The courier may move a parcel before the answer to its booking has reached us.
        """
        parcel = self._parcel
        if parcel is None:
            self._early.append(update)
            return
        if parcel.awb != update.awb or is_old(update, parcel):
            return
        if contradicts(update, parcel):
            self._tell_contradiction(f"is {parcel.state}, but the courier says {update.state}")
        self._state.shipments[self._number] = replace(parcel, scanned_at=update.at)
        for state in path_to(parcel.state, update.state):
            self.move(state, update.text if state is update.state else "")

    def _tell_contradiction(self, what: str) -> None:
        self._desk.tell_ops(
            "parcel",
            f"parcel {self._number} {what}",
            "Find out from the courier where the goods are, set money and stock right, then skip.",
        )

    def move(self, state: ShipmentState, reason: str = "") -> None:
        """Take one step and tell of it; cash counts as collected at the door."""
        if state is ShipmentState.CANCELLED:
            self._tell_lines(reason)
        elif state not in BEFORE_PICKUP:
            self._cut = None
        moved = self._state.move(self._number, state, workflow.now(), reason)
        collected = None
        if state is ShipmentState.DELIVERED and self._cash_due():
            collected = PaymentEntry(
                kind=EntryKind.COD_COLLECTED,
                amount_paise=self._state.parcel_value_paise(self._number),
                reference=moved.awb or moved.reference,
                at=workflow.now(),
            )
            self._state.ledger = self._state.ledger.record(collected)
        self._desk.outbox.emit(EVENT_OF[state], shipment=moved)
        if collected:
            self._desk.outbox.emit(EventType.COD_COLLECTED, payment=collected)

    def _cash_due(self) -> bool:
        return self._state.placement.payment_method is PaymentMethod.COD

    async def _withdraw(self) -> None:
        """Take the parcel back before its pickup; one that was picked up meanwhile goes on.

        A refusal answers only who asked: the next cancellation asks the courier again.
        """
        asked = self._state.cancellation
        try:
            await remote(
                DeliveryActivities.cancel_shipment,
                booking_of(self._state.shipments[self._number]),
                queue=policies.DELIVERY_QUEUE,
                summary=f"cancel parcel {self._number}",
            )
        except ApplicationError:
            self._refused, self._cut = asked, None
        else:
            if self._is(*BEFORE_PICKUP):
                self.move(ShipmentState.CANCELLED, "cancelled before pickup")
            elif not self._is(ShipmentState.CANCELLED):
                self._tell_contradiction("was cancelled and picked up all the same")

    def _tell_lines(self, reason: str) -> None:
        """Tell which units end with this parcel, unless the whole order does.

        The courier may give up one parcel of several by itself.
        """
        asked, self._cut = self._cut, None
        if self._state.cancellation is not None:
            return
        if asked is not None:
            cut, command = asked
            self.tell_cut(cut, command.reason, command.by)
        elif not self._is_last():
            cut = Cut(shipment=self._number, lines=self._allocation.lines)
            self.tell_cut(cut, reason or "the courier cancelled the parcel", "system")

    def _is_last(self) -> bool:
        others = (n for n in self._state.parcel_numbers if n != self._number)
        return all(
            n in self._state.shipments and self._state.shipments[n].state is ShipmentState.CANCELLED
            for n in others
        )

    def tell_cut(self, cut: Cut, reason: str, by: str) -> None:
        """Record that units of this parcel are cancelled, and tell of it."""
        told = cut_parcel(self._state, cut, reason=reason, by=by, at=workflow.now())
        self._desk.outbox.emit(EventType.ORDER_LINES_CANCELLED, line_cancellation=told)

    async def _undo(self) -> None:
        """Put the goods of a parcel that never arrived back, and correct its invoice."""
        came_back = self._parcel is None or self._is(
            ShipmentState.CANCELLED, ShipmentState.RTO_DELIVERED
        )
        if came_back:
            await self._desk.insist("restock", self._restock)
        if (
            (came_back or self._is(ShipmentState.LOST))
            and self._state.invoice_of(self._number)
            and not self._state.credit_note_of(self._number)
        ):
            await self._issue(DocumentKind.CREDIT_NOTE, EventType.CREDIT_NOTE_GENERATED)

    async def _restock(self) -> None:
        back = replace(self._allocation, lines=lines_to_restock(self._state, self._number))
        request = RestockInput(
            order_id=self._state.order_id, shipment=self._number, allocation=back
        )
        await local_first(
            InventoryActivities.restock, request, summary=f"restock parcel {self._number}"
        )

    async def _issue(self, kind: DocumentKind, event: EventType) -> None:
        request = document_request(self._state, self._number, kind, workflow.now())
        document = await self._desk.insist(
            kind.value,
            lambda: remote(
                InvoicingActivities.issue_document,
                request,
                queue=policies.INVOICING_QUEUE,
                summary=f"{kind.value.replace('_', ' ')} of parcel {self._number}",
            ),
            _ACTIONS[kind],
            void=self._called_off,
        )
        if document:
            self._state.documents.append(document)
            self._desk.outbox.emit(event, document=document)


def with_courier(parcels: Sequence[Shipment]) -> bool:
    """Tell whether the courier has picked up any of these parcels, or already ended its work."""
    return any(
        parcel.state in WITH_COURIER or parcel.state is ShipmentState.DELIVERED
        for parcel in parcels
    )
