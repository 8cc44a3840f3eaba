"""What moves parcels: each step of a script on the sandbox clock, or by hand."""

from collections.abc import Callable
from typing import Final

from sandbox.clock import Agenda
from sandbox.courier.account import Account
from sandbox.courier.movement import journeys
from sandbox.courier.movement.parcel import FailedAttempt, Parcel, Scan
from sandbox.courier.movement.parcels import Parcels
from sandbox.courier.movement.status import OrderStatus, ShipmentStatus, order_status_of
from sandbox.courier.wire.ist import DAY_S
from sandbox.courier.wire.order_form import ships_to_billing

REMITTANCE_DAYS: Final = 8
LATE_REMITTANCE_DAYS: Final = 21
CANCEL_TAKES_S: Final = 1.0

Announce = Callable[[Parcel], None]


class Clockwork:
    """Moves parcels along their scripts and tells `announce` of every scan.

    Every change is stored before it is announced. After a restart `resume` plans what was due.
    """

    def __init__(
        self, *, agenda: Agenda, account: Account, parcels: Parcels, announce: Announce
    ) -> None:
        self._agenda = agenda
        self._account = account
        self._parcels = parcels
        self._announce = announce

    def resume(self) -> None:
        """Plan again everything that a stored parcel still waits for."""
        for parcel in self._parcels:
            if parcel.next_step_at is not None:
                self._plan_step(parcel, parcel.next_step_at)
            elif parcel.remaining:
                self._keep_moving(parcel, self._agenda.clock.now())
            if parcel.cancel_due_at is not None:
                self._plan_cancel(parcel, parcel.cancel_due_at)

    def start(self, parcel: Parcel, *, at: float) -> None:
        """The pickup is scheduled: take the script in force and begin to move."""
        state = self._account.state
        parcel.script = parcel.script or state.script
        parcel.step_s = state.step_s if parcel.step_s is None else parcel.step_s
        steps = journeys.journey(parcel.script, is_return=parcel.is_return)
        parcel.remaining = [int(step) for step in steps]
        self.enter(parcel, ShipmentStatus.PICKUP_SCHEDULED, at=at)
        self._keep_moving(parcel, at)

    def follow(self, parcel: Parcel, script: str, *, step_s: float) -> None:
        """Put a parcel on another script from where it stands, at another pace."""
        parcel.script = script
        parcel.step_s = step_s
        if parcel.pickup_scheduled_at is not None and not parcel.is_over:
            rest = journeys.rest_of(script, at=parcel.status, is_return=parcel.is_return)
            self._redirect(parcel, rest)
        self._parcels.save(parcel)

    def step(self, parcel: Parcel, *, at: float | None = None) -> bool:
        """Play the next step of a parcel; False if its script holds none."""
        if parcel.is_over or not parcel.remaining:
            return False
        moment = self._agenda.clock.now() if at is None else at
        self.enter(parcel, ShipmentStatus(parcel.remaining.pop(0)), at=moment)
        self._keep_moving(parcel, moment)
        return True

    def step_to(self, parcel: Parcel, status: ShipmentStatus) -> None:
        """Play steps until a parcel has a status, or put it there if its script never does."""
        if status in parcel.remaining:
            self.step(parcel)
            while parcel.status is not status:
                self.step(parcel)
            return
        self._prepare(parcel, status)
        now = self._agenda.clock.now()
        self.enter(parcel, status, at=now)
        rest = journeys.after(status, is_return=parcel.is_return)
        parcel.remaining = [int(step) for step in rest]
        self._keep_moving(parcel, now)

    def _prepare(self, parcel: Parcel, status: ShipmentStatus) -> None:
        """Play what must come before a status: nobody is not at home before a van is out."""
        needed = journeys.NEEDS.get(status)
        if needed is None or parcel.is_return or parcel.status is needed:
            return
        is_attempt = status is ShipmentStatus.UNDELIVERED
        if is_attempt or parcel.moment_of(needed) is None:
            self.step_to(parcel, needed)

    def turn_home(self, parcel: Parcel) -> None:
        """Send a parcel back to the seller from where it stands."""
        self._redirect(parcel, journeys.homeward())
        self._parcels.save(parcel)

    def try_again(self, parcel: Parcel) -> None:
        """Plan one more attempt for a parcel that waits for the customer."""
        if not parcel.remaining:
            self._redirect(parcel, journeys.reattempt())
        self._parcels.save(parcel)

    def cancel(self, parcel: Parcel, *, at: float) -> bool:
        """Cancel a parcel that the seller still holds, freight back; False if it is too late."""
        if parcel.is_over or not parcel.is_with_seller:
            return False
        parcel.remaining = []
        parcel.next_step_at = None
        parcel.booking_due_at = None
        if parcel.awb is None:
            parcel.shipment_status = ShipmentStatus.CANCELED
            panel = OrderStatus.RETURN_CANCELLED if parcel.is_return else OrderStatus.CANCELED
            parcel.order_status = panel
            self._parcels.save(parcel)
            return True
        self._account.charge(-parcel.charged_paise, at=at, awb=parcel.awb, reason="cancelled")
        parcel.charged_paise = 0
        self.enter(parcel, ShipmentStatus.CANCELED, at=at)
        return True

    def request_cancel(self, parcel: Parcel) -> None:
        """Take note of a cancellation that the courier carries out a moment later."""
        if parcel.is_over or parcel.cancel_due_at is not None:
            return
        parcel.cancel_due_at = self._agenda.clock.now() + CANCEL_TAKES_S
        self._parcels.save(parcel)
        self._plan_cancel(parcel, parcel.cancel_due_at)

    def enter(self, parcel: Parcel, status: ShipmentStatus, *, at: float) -> None:
        """Record one scan: both statuses, the history, the money; then announce it."""
        parcel.shipment_status = status
        panel = order_status_of(status, is_return=parcel.is_return)
        parcel.order_status = parcel.order_status if panel is None else panel
        parcel.scans.append(_scan(parcel, status, at))
        if status is ShipmentStatus.UNDELIVERED:
            parcel.attempts.append(
                FailedAttempt(at=at, reason="Customer Not Available/Contactable")
            )
        if parcel.is_over:
            parcel.remaining = []
            parcel.next_step_at = None
        if status is ShipmentStatus.RTO_INITIATED and parcel.awb is not None:
            self._charge_way_home(parcel, at)
        self._parcels.save(parcel)
        self._announce(parcel)

    def _charge_way_home(self, parcel: Parcel, at: float) -> None:
        awb = parcel.awb or ""
        self._account.charge(parcel.freight_paise, at=at, awb=awb, reason="return to origin")
        parcel.charged_paise += parcel.freight_paise

    def _redirect(self, parcel: Parcel, rest: tuple[ShipmentStatus, ...]) -> None:
        parcel.remaining = [int(step) for step in rest]
        self._keep_moving(parcel, self._agenda.clock.now())

    def _keep_moving(self, parcel: Parcel, at: float) -> None:
        """Plan the next step, or stand still; any step planned before is void."""
        moves = bool(parcel.remaining and parcel.step_s) and not parcel.is_over
        parcel.next_step_at = at + (parcel.step_s or 0.0) if moves else None
        self._parcels.save(parcel)
        if parcel.next_step_at is not None:
            self._plan_step(parcel, parcel.next_step_at)

    def _plan_step(self, parcel: Parcel, due_at: float) -> None:
        def play(moment: float) -> None:
            if parcel.next_step_at == moment:
                self.step(parcel, at=moment)

        self._agenda.plan(due_at, play)

    def _plan_cancel(self, parcel: Parcel, due_at: float) -> None:
        def carry_out(moment: float) -> None:
            if parcel.cancel_due_at != moment:
                return
            parcel.cancel_due_at = None
            if self.cancel(parcel, at=moment) or parcel.is_over:
                self._parcels.save(parcel)
            elif parcel.status not in journeys.homeward():
                self.turn_home(parcel)

        self._agenda.plan(due_at, carry_out)


def remittance_due_at(parcel: Parcel) -> float | None:
    """Return when the cash of a delivered parcel reaches the seller, or None."""
    delivered_at = parcel.moment_of(ShipmentStatus.DELIVERED)
    if not parcel.is_cash or delivered_at is None:
        return None
    days = LATE_REMITTANCE_DAYS if parcel.script == "cod_late" else REMITTANCE_DAYS
    return delivered_at + days * DAY_S


def _scan(parcel: Parcel, status: ShipmentStatus, at: float) -> Scan:
    text = journeys.scan_text(status)
    return Scan(
        at=at,
        code=text.code,
        activity=text.activity,
        location=destination(parcel) if text.at_destination else origin(parcel),
        status=int(status),
    )


def destination(parcel: Parcel) -> str:
    """Return the city a parcel goes to."""
    if parcel.is_return or not ships_to_billing(parcel.form):
        return str(parcel.form.get("shipping_city", ""))
    return str(parcel.form.get("billing_city", ""))


def origin(parcel: Parcel) -> str:
    """Return the city a parcel comes from."""
    name = "pickup_city" if parcel.is_return else "pickup_location"
    return str(parcel.form.get(name, ""))
