"""A parcel: one order of the seller's panel together with its only shipment, as it is stored."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.courier.movement.status import (
    BEFORE_PICKUP,
    ON_THE_WAY_HOME,
    TERMINAL,
    OrderStatus,
    ShipmentStatus,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan:
    """One line of a parcel's history. `status` is a table A number, None prints as "NA"."""

    at: float
    code: str
    activity: str
    location: str
    status: int | None


@dataclass(kw_only=True, slots=True)
class FailedAttempt:
    """One failed delivery attempt and what the seller answered to it."""

    at: float
    reason: str
    action: str = ""
    comments: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Parcel:
    """Everything known of one parcel. Times are unix seconds, money is paise.

    `form` is the seller's order as it was posted. `remaining` are the table A numbers that the
    script still holds; `next_step_at` is when the clockwork plays the next of them, None when it
    stands still. `announced` counts the scans that the seller's webhook has acknowledged.
    """

    order_id: int
    shipment_id: int
    seller_order_id: str
    form: dict[str, Any]
    created_at: float
    is_return: bool = False
    shipment_status: int = ShipmentStatus.PENDING
    order_status: int = OrderStatus.NEW
    awb: str | None = None
    courier_id: int | None = None
    awb_assigned_at: float | None = None
    reassigned_at: float | None = None
    booking_due_at: float | None = None
    booking_courier_id: int | None = None
    charged_paise: int = 0
    freight_paise: int = 0
    cash_fee_paise: int = 0
    charged_weight_kg: float = 0.0
    zone: str = ""
    etd: float | None = None
    pickup_scheduled_at: float | None = None
    pickup_token: str | None = None
    manifested_at: float | None = None
    script: str | None = None
    step_s: float | None = None
    remaining: list[int] = field(default_factory=list)
    next_step_at: float | None = None
    cancel_due_at: float | None = None
    scans: list[Scan] = field(default_factory=list)
    attempts: list[FailedAttempt] = field(default_factory=list)
    announced: int = 0

    @property
    def status(self) -> ShipmentStatus:
        """Where the shipment is (table A)."""
        return ShipmentStatus(self.shipment_status)

    @property
    def panel_status(self) -> OrderStatus:
        """Where the order is (table B)."""
        return OrderStatus(self.order_status)

    @property
    def is_over(self) -> bool:
        """True once nothing more happens to the parcel."""
        return self.status in TERMINAL

    @property
    def is_with_seller(self) -> bool:
        """True until the courier has picked the parcel up."""
        return self.status in BEFORE_PICKUP

    @property
    def is_cash(self) -> bool:
        """True if the courier collects money at the door."""
        return not self.is_return and str(self.form.get("payment_method")) == "COD"

    def moment_of(self, status: ShipmentStatus) -> float | None:
        """Return when the parcel first had a status (unix seconds), or None."""
        return next((scan.at for scan in self.scans if scan.status == status), None)

    def may_become(self, status: ShipmentStatus) -> bool:
        """Tell whether a status can still come: parcels never go back, nor away from home again."""
        if status in self.remaining:
            return True
        if self.moment_of(ShipmentStatus.RTO_INITIATED) is not None:
            return status in ON_THE_WAY_HOME
        behind = BEFORE_PICKUP | {ShipmentStatus.PICKED_UP, ShipmentStatus.SHIPPED}
        return status not in behind or self.is_with_seller

    def as_document(self) -> dict[str, object]:
        """Return what the store keeps."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Parcel":
        """Build a parcel from what the store kept."""
        fields = dict(document)
        fields["scans"] = [Scan(**scan) for scan in fields["scans"]]
        fields["attempts"] = [FailedAttempt(**attempt) for attempt in fields["attempts"]]
        return cls(**fields)
