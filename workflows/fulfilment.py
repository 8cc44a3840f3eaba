"""Sending what was bought: a parcel per allocation, side by side, and what replaces one."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.events import EventType
    from domain.shipment import ShipmentState
    from workflows.desk import Desk
    from workflows.parcel import Parcel


class Fulfilment:
    """The parcels of one order. News of a parcel may come before its first step."""

    def __init__(self, desk: Desk) -> None:
        """Fulfil at this desk; `parcels` by number, none before the order is confirmed."""
        self._desk = desk
        self._state = desk.state
        self.parcels: dict[int, Parcel] = {}
        self._know_parcels()

    async def run(self) -> None:
        """Drive all parcels side by side; tell of a cancellation once each has answered to it."""
        self._know_parcels()
        firsts = [n for n in self.parcels if self._state.allocations[n - 1].replaces is None]
        await asyncio.gather(*(self._drive(number) for number in firsts))
        parcels = self._state.shipments.values()
        if all(parcel.state is ShipmentState.CANCELLED for parcel in parcels):
            self._desk.cancel("the courier cancelled the parcel", "system")
        nothing_arrived = all(parcel.never_arrived for parcel in parcels)
        if self._state.cancellation and nothing_arrived and not self._state.cancelled_at:
            tell_cancelled(self._desk)

    async def _drive(self, number: int) -> None:
        """Drive a parcel to its end, then the one that holds the rest of it."""
        await self.parcels[number].run()
        self._know_parcels()
        if following := self._state.replacement_of(number):
            await self._drive(following)

    def _know_parcels(self) -> None:
        if self._state.confirmed_at is not None:
            for number in self._state.parcel_numbers:
                self.parcels.setdefault(number, Parcel(self._desk, number))


def tell_cancelled(desk: Desk) -> None:
    """Let the order end as cancelled, and tell of it."""
    desk.state.cancelled_at = workflow.now()
    desk.outbox.emit(EventType.ORDER_CANCELLED, cancellation=desk.state.cancellation)
