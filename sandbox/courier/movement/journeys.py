"""Scripts: the courier's scans of a parcel, step by step, from its scheduled pickup to its end."""

from dataclasses import dataclass
from typing import Final

from sandbox.courier.movement.status import ShipmentStatus as S

_OUTWARD: Final = (S.PICKED_UP, S.SHIPPED, S.IN_TRANSIT)
_HOMEWARD: Final = (S.RTO_INITIATED, S.RTO_IN_TRANSIT, S.RTO_OFD, S.RTO_DELIVERED)
_ATTEMPT_FAILS: Final = (S.OUT_FOR_DELIVERY, S.UNDELIVERED)
_ATTEMPT_WORKS: Final = (S.OUT_FOR_DELIVERY, S.DELIVERED)

FORWARD_SCRIPTS: Final[dict[str, tuple[S, ...]]] = {
    "happy": (*_OUTWARD, *_ATTEMPT_WORKS),
    "not_at_home": (*_OUTWARD, *_ATTEMPT_FAILS, *_ATTEMPT_WORKS),
    "awaits_customer": (*_OUTWARD, *_ATTEMPT_FAILS),
    "rto": (*_OUTWARD, *_ATTEMPT_FAILS, *_ATTEMPT_FAILS, *_ATTEMPT_FAILS, *_HOMEWARD),
    "lost": (*_OUTWARD, S.LOST),
    "damaged": (*_OUTWARD, S.DAMAGED),
    "return_failed_check": (*_OUTWARD, *_ATTEMPT_WORKS),
    "cod_late": (*_OUTWARD, *_ATTEMPT_WORKS),
}
"""What happens to a parcel on its way to the customer.

`awaits_customer` stops after the failed attempt until an NDR action decides; `return_failed_check`
concerns returns only; `cod_late` delivers, but the courier sits on the cash.
"""

_COLLECTED: Final = (S.OUT_FOR_PICKUP, S.PICKED_UP, S.IN_TRANSIT)

RETURN_SCRIPTS: Final[dict[str, tuple[S, ...]]] = {
    "return_failed_check": (S.OUT_FOR_PICKUP, S.QC_FAILED),
    "lost": (*_COLLECTED, S.LOST),
    "damaged": (*_COLLECTED, S.DAMAGED),
    "not_at_home": (S.OUT_FOR_PICKUP, S.PICKUP_EXCEPTION, *_COLLECTED, *_ATTEMPT_WORKS),
}
"""What happens to a return; every script that is not named here collects and delivers it."""

_RETURN_HAPPY: Final = (*_COLLECTED, *_ATTEMPT_WORKS)

SCRIPTS: Final = tuple(FORWARD_SCRIPTS)

_AFTER: Final[dict[S, tuple[S, ...]]] = {
    S.UNDELIVERED: _ATTEMPT_WORKS,
    S.RTO_INITIATED: _HOMEWARD[1:],
    S.RTO_ACKNOWLEDGED: _HOMEWARD[1:],
    S.RTO_NDR: _HOMEWARD[2:],
}


def journey(script: str, *, is_return: bool) -> tuple[S, ...]:
    """Return every step of a script.

    Raises:
        KeyError: there is no such script.
    """
    outward = FORWARD_SCRIPTS[script]
    return RETURN_SCRIPTS.get(script, _RETURN_HAPPY) if is_return else outward


def rest_of(script: str, *, at: S, is_return: bool) -> tuple[S, ...]:
    """Return the steps of a script that still follow when a parcel stands at `at`."""
    steps = journey(script, is_return=is_return)
    return steps[steps.index(at) + 1 :] if at in steps else steps


def homeward() -> tuple[S, ...]:
    """Return the steps back to the seller."""
    return _HOMEWARD


def reattempt() -> tuple[S, ...]:
    """Return the steps of one more attempt that works."""
    return _ATTEMPT_WORKS


def after(status: S, *, is_return: bool) -> tuple[S, ...]:
    """Return what follows when a person put a parcel to a status its script does not have."""
    if status in _AFTER:
        return _AFTER[status]
    steps = journey("happy", is_return=is_return)
    if status in steps:
        return steps[steps.index(status) + 1 :]
    return _HOMEWARD[_HOMEWARD.index(status) + 1 :] if status in _HOMEWARD else ()


NEEDS: Final[dict[S, S]] = {
    S.UNDELIVERED: S.OUT_FOR_DELIVERY,
    S.LOST: S.IN_TRANSIT,
    S.DAMAGED: S.IN_TRANSIT,
    S.DESTROYED: S.IN_TRANSIT,
    S.RTO_INITIATED: S.IN_TRANSIT,
    S.RTO_IN_TRANSIT: S.RTO_INITIATED,
    S.RTO_OFD: S.RTO_IN_TRANSIT,
    S.RTO_DELIVERED: S.RTO_OFD,
}
"""What must have happened before a person can put a parcel to a status of no script."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanText:
    """How a courier words a step; `at_destination` says whose city it names."""

    code: str
    activity: str
    at_destination: bool = False


_TEXTS: Final[dict[S, ScanText]] = {
    S.PICKUP_SCHEDULED: ScanText(code="X-ASP", activity="Manifested - Pickup scheduled"),
    S.MANIFEST_GENERATED: ScanText(code="X-UCI", activity="Manifested - Manifest uploaded"),
    S.OUT_FOR_PICKUP: ScanText(code="OFP", activity="Out for Pickup "),
    S.PICKUP_EXCEPTION: ScanText(code="PKE", activity="Pickup not done - Customer unavailable"),
    S.PICKED_UP: ScanText(code="X-PPOM", activity="In Transit - Shipment picked up"),
    S.SHIPPED: ScanText(code="X-PIOM", activity="In Transit - Shipment Recieved at Origin Center"),
    S.IN_TRANSIT: ScanText(code="X-DLL2F", activity="In Transit - Bag Added To Trip"),
    S.OUT_FOR_DELIVERY: ScanText(
        code="X-DDD3FD", activity="Dispatched - Out for delivery", at_destination=True
    ),
    S.DELIVERED: ScanText(
        code="EOD-38", activity="Delivered - Delivered to consignee", at_destination=True
    ),
    S.UNDELIVERED: ScanText(
        code="EOD-11", activity="Pending - Consignee Unavailable", at_destination=True
    ),
    S.RTO_INITIATED: ScanText(
        code="DTUP-210", activity="RTO Initiated - Maximum attempts reached", at_destination=True
    ),
    S.RTO_IN_TRANSIT: ScanText(code="X-DLL2F-R", activity="In Transit - Bag Added To Trip (RTO)"),
    S.RTO_OFD: ScanText(code="X-DDD3FD-R", activity="Dispatched - Out for RTO delivery"),
    S.RTO_DELIVERED: ScanText(code="RD-AC", activity="RTO - Returned to seller"),
    S.LOST: ScanText(code="LT-100", activity="Lost - Shipment not traceable, loss confirmed"),
    S.DAMAGED: ScanText(code="DMG-01", activity="Damaged - Shipment damaged in transit"),
    S.QC_FAILED: ScanText(code="QCF-07", activity="QC Failed - Product does not match"),
    S.CANCELED: ScanText(code="CAN", activity="Canceled - Seller cancelled the order"),
    S.CANCELLATION_REQUESTED: ScanText(code="CRQ", activity="Cancellation requested by seller"),
}


def scan_text(status: S) -> ScanText:
    """Return how the courier words a step."""
    return _TEXTS.get(status, ScanText(code="X-OTH", activity=status.label))
