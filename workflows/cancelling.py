"""Cancelling an order, or a part of it, while its parcels are still here."""

import asyncio
from collections.abc import Callable, Mapping

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.cancellation import (
        Cut,
        leaves_nothing,
        open_parcels,
        out_of_reach,
        plan_cuts,
        units_text,
    )
    from domain.cart import PaymentMethod
    from domain.errors import ImpossibleStep, OrderError, ShipmentTooLate
    from domain.messages import CancelOrder
    from domain.shipment import ShipmentState
    from workflows.desk import Desk
    from workflows.parcel import Parcel, with_courier

TOO_LATE = "the courier has picked up the parcel already"


class Cancelling:
    """The cancellations of one order. Commands on lines take turns; a whole one waits for none."""

    def __init__(
        self, desk: Desk, parcels: Mapping[int, Parcel], was_refused: Callable[[], bool]
    ) -> None:
        """Cancel at this desk; `was_refused` tells that the checkout was turned down."""
        self._desk = desk
        self._state = desk.state
        self._parcels = parcels
        self._was_refused = was_refused
        self._turn = asyncio.Lock()

    async def cancel(self, command: CancelOrder) -> str:
        """Cancel the order or some lines of it; return the answer once each parcel has answered.

        Raises:
            ApplicationError: nothing was cancelled; `type` and message say why.
        """
        return await (self._lines(command) if command.lines else self._whole(command))

    def refusal(self, command: CancelOrder) -> str | None:
        """Return why this cannot be cancelled now, or None."""
        state = self._state
        if state.expired_at or state.cancelled_at:
            return f"the order is {state.status} already"
        if state.cancellation and not self._answered():
            return "the order is being cancelled already"
        parcels = tuple(state.shipments.values())
        gone = self._is_complete() and all(parcel.never_arrived for parcel in parcels)
        if parcels and gone:
            return f"the order is {state.status} already"
        if command.lines:
            return self._refusal_of_lines()
        if with_courier(parcels):
            return f"{TOO_LATE}; return it once it is delivered"
        return None

    def _is_complete(self) -> bool:
        return len(self._state.shipments) == len(self._state.allocations)

    def _refusal_of_lines(self) -> str | None:
        if self._state.ledger.secured:
            return None
        return (
            "the order is not paid yet, and the sum to be paid is fixed: pay it and cancel the "
            "lines then, or cancel the whole order and order anew"
        )

    # --- the whole order ------------------------------------------------------------------------

    async def _whole(self, command: CancelOrder) -> str:
        self._state.cancellation = None
        self._desk.cancel(command.reason, command.by)
        await workflow.wait_condition(self._answered)
        if self._was_refused():
            raise refused(ImpossibleStep, "the order was never placed")
        if self._state.cancelled_at is not None:
            return "the order is cancelled; what was paid goes back"
        self._state.cancellation = None
        if not self._tell_stopped(command):
            raise refused(ShipmentTooLate, TOO_LATE)
        return (
            "what was still here is cancelled; the rest is with the courier, return it on delivery"
        )

    def _tell_stopped(self, command: CancelOrder) -> bool:
        """Tell of the parcels that could be stopped; the order itself goes on."""
        told = {each.shipment for each in self._state.line_cancellations}
        stopped = [
            number
            for number, parcel in self._state.shipments.items()
            if parcel.state is ShipmentState.CANCELLED and number not in told
        ]
        for number in stopped:
            cut = Cut(shipment=number, lines=self._state.shipments[number].lines)
            self._parcels[number].tell_cut(cut, command.reason, command.by)
        return bool(stopped)

    def _answered(self) -> bool:
        """Tell whether each parcel has answered to the cancellation that stands."""
        if self._was_refused() or self._state.cancelled_at is not None:
            return True
        parcels = [self._parcels.get(number) for number in self._state.parcel_numbers]
        return any(parcel and parcel.too_late for parcel in parcels) and all(
            parcel and (parcel.too_late or parcel.ended) for parcel in parcels
        )

    # --- some lines -----------------------------------------------------------------------------

    async def _lines(self, command: CancelOrder) -> str:
        async with self._turn:
            await workflow.wait_condition(self._can_be_planned)
            if self._was_refused():
                raise refused(ImpossibleStep, "the order was never placed")
            if reason := self.refusal(command):
                raise refused(ImpossibleStep, reason)
            # One that each parcel has answered to stands for nothing any more.
            self._state.cancellation = None
            cuts = self._plan(command)
            if leaves_nothing(self._state, cuts):
                return await self._whole(command)
            before = len(self._state.line_cancellations)
            await asyncio.gather(
                *(self._parcels[cut.shipment].give_up_lines(cut, command) for cut in cuts)
            )
            return self._answer(cuts, before)

    def _can_be_planned(self) -> bool:
        state = self._state
        over = self._was_refused() or state.cancelled_at or state.expired_at or state.cancellation
        driven = all(number in self._parcels for number in state.parcel_numbers)
        return bool(over) or (state.confirmed_at is not None and driven)

    def _plan(self, command: CancelOrder) -> tuple[Cut, ...]:
        ordered = [line.sku for line in self._state.placement.quote.lines]
        try:
            return plan_cuts(
                command.lines, ordered, open_parcels(self._state), out_of_reach(self._state)
            )
        except OrderError as error:
            raise refused(type(error), str(error)) from error

    def _answer(self, cuts: tuple[Cut, ...], before: int) -> str:
        told = {each.shipment for each in self._state.line_cancellations[before:]}
        done = [cut for cut in cuts if cut.shipment in told]
        kept = [cut for cut in cuts if cut.shipment not in told]
        if self._state.cancellation is not None:
            return "the whole order is being cancelled"
        if not done:
            raise refused(ShipmentTooLate, f"{_units(kept)}: {TOO_LATE}")
        is_cash = self._state.placement.payment_method is PaymentMethod.COD
        money = "the courier collects less" if is_cash else "what was paid for it goes back"
        rest = f"; {_units(kept)} not: {TOO_LATE}" if kept else ""
        return f"cancelled: {_units(done)}; {money}{rest}"


def refused(refusal: type[OrderError], message: str) -> ApplicationError:
    """Return a refusal of a command as it crosses the wire: not to be tried again unchanged."""
    return ApplicationError(message, type=refusal.__name__, non_retryable=True)


def _units(cuts: list[Cut]) -> str:
    return units_text([line for cut in cuts for line in cut.lines])
