"""After the goods: the return window, late payments, cash on its way, and the end of the run."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.events import EventActivities
    from domain.events import EventType
    from domain.messages import OrderInput
    from domain.status import OrderStatus
    from workflows import policies
    from workflows.calls import local_first
    from workflows.cod import Cash
    from workflows.desk import Desk
    from workflows.payment import Payments
    from workflows.placing import take_again
    from workflows.refunds import Refunds


class Closing:
    """A terminal status is not the end of the run: what may still come is waited for."""

    def __init__(self, desk: Desk, payments: Payments, refunds: Refunds) -> None:
        """Close the order at this desk."""
        self._desk = desk
        self._state = desk.state
        self._payments = payments
        self._refunds = refunds
        self._cash = Cash(desk)

    async def wait(self) -> bool:
        """Wait out what may still come; True if late money calls for another round."""
        await self._wait_out_returns()
        look_again = self._late_until()
        while True:
            if await self._desk.wait(self._revivable, "late payments", look_again):
                await self._revive()
                return True
            if self._quiet() and not self._payments.doubtful:
                return False
            await self._continue_if_long()
            if self._payments.doubtful:
                await self._payments.look_late()
                look_again = workflow.now() + self._pause()
            else:
                await self._cash.look()
                look_again = await self._await_quiet()

    async def close(self) -> bool:
        """Send what is still to be sent, then store the state that can be resumed.

        False if money or a question came meanwhile: then the order is not at its end.

        A task that completes the workflow is thrown away when a message arrives meanwhile, with all
        that its local activities did: so the last task does nothing but complete.
        """
        stored = -1
        while stored != self._state.sequence:
            await self._drain()
            stored = self._state.sequence
            await local_first(
                EventActivities.archive_order, self._state, summary="archive the order"
            )
            await workflow.sleep(policies.LAST_CALL, summary="last call for messages")
            if self._payments.reviving or not self._quiet():
                return False
        return True

    async def _drain(self) -> None:
        await self._desk.finish_aside()
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._desk.outbox.drain()

    async def _wait_out_returns(self) -> None:
        state = self._state
        if state.status is not OrderStatus.DELIVERED or state.completed_at:
            return
        window = timedelta(seconds=state.placement.terms.return_window_s)
        state.return_until = state.return_until or workflow.now() + window
        await self._desk.wait(lambda: False, "the return window to end", state.return_until)
        state.completed_at = workflow.now()
        self._desk.outbox.emit(EventType.ORDER_COMPLETED)

    def _late_until(self) -> datetime:
        """Return until when a late payment has to be waited for."""
        if self._state.payment_deadline is None:
            return workflow.now()
        late = timedelta(seconds=self._state.placement.terms.late_payment_window_s)
        return self._state.payment_deadline + late

    def _revivable(self) -> bool:
        return self._payments.reviving

    def _quiet(self) -> bool:
        """Tell whether no money is on its way and nothing waits for a person."""
        return self._refunds.settled and not self._state.open_attention

    async def _revive(self) -> None:
        """Try to sell the goods after all; without stock, or coupon, the money goes back."""
        with self._desk.outbox.batch():
            try:
                await take_again(self._desk)
            except ApplicationError as refusal:
                workflow.logger.info("revival_refused", extra={"reason": refusal.message})
            else:
                self._state.expired_at = None
                self._state.confirmed_at = workflow.now()
                self._desk.outbox.emit(EventType.ORDER_REVIVED)
                self._desk.outbox.emit(EventType.ORDER_CONFIRMED)
        self._payments.reviving = False

    def _pause(self) -> timedelta:
        """Return how long to wait after a late look: not at all once nothing is in doubt."""
        if not self._payments.doubtful:
            return timedelta(0)
        late = timedelta(seconds=self._state.placement.terms.late_payment_window_s)
        return max(late, policies.LEAST_LATE_PAUSE)

    async def _await_quiet(self) -> datetime:
        """Wait for money on its way and for people; return when to look again."""
        again = workflow.now() + policies.REMITTANCE_POLL
        await self._desk.wait(
            lambda: self._quiet() or self._payments.reviving, "money on its way", again
        )
        return workflow.now()

    async def _continue_if_long(self) -> None:
        if workflow.info().is_continue_as_new_suggested():
            await self._drain()
            workflow.continue_as_new(OrderInput(resumed=self._state))
