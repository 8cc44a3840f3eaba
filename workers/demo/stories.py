"""The six orders of the demo: what is bought, how it is paid, and where it must end."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

PUNE: Final = {
    "name": "Asha Rao",
    "phone": "9876543210",
    "line1": "14 MG Road",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
}
MYSURU: Final = {
    "name": "Vikram Gowda",
    "phone": "9845012345",
    "line1": "7 Chamundi Hill Road",
    "city": "Mysuru",
    "state": "Karnataka",
    "pincode": "570010",
}


class Payment(StrEnum):
    """What the customer does with the payment sheet."""

    PAYS = "captured"
    FAILS_FIRST = "failed"
    AT_THE_DOOR = "cod"
    WALKS_AWAY = "nothing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One order of the demo, and the statuses that it must end in."""

    title: str
    customer: str
    items: tuple[tuple[str, int], ...]
    address: dict[str, str]
    payment: Payment
    status: str
    payment_status: str
    coupon: str | None = None
    cancels: bool = False

    @property
    def units_sold(self) -> dict[str, int]:
        """Return the units that must have left the shelves for good."""
        return dict(self.items) if self.status == "completed" else {}

    def body(self) -> dict[str, Any]:
        """Return the body of `POST /orders`."""
        return {
            "items": [{"sku": sku, "quantity": quantity} for sku, quantity in self.items],
            "customer": {
                "name": self.address["name"],
                "email": f"{self.customer}@example.com",
                "phone": self.address["phone"],
            },
            "shipping_address": self.address,
            "payment_method": "cod" if self.payment is Payment.AT_THE_DOOR else "prepaid",
            "coupon": self.coupon,
        }


STORIES: Final = (
    Story(
        title="prepaid, with a coupon",
        customer="asha",
        items=(("TEE-BLK-M", 2), ("COFFEE-FIL-500", 1)),
        address=PUNE,
        payment=Payment.PAYS,
        status="completed",
        payment_status="paid",
        coupon="WELCOME10",
    ),
    Story(
        title="cash on delivery",
        customer="vikram",
        items=(("NOTEBOOK-A5-3", 2),),
        address=MYSURU,
        payment=Payment.AT_THE_DOOR,
        status="completed",
        payment_status="cod_collected",
    ),
    Story(
        title="two warehouses",
        customer="meera",
        items=(("QUILT-JPR-D", 1), ("SAREE-KAN-MAR", 1)),
        address=MYSURU,
        payment=Payment.PAYS,
        status="completed",
        payment_status="paid",
    ),
    Story(
        title="failed payment, retried",
        customer="rohan",
        items=(("EARBUD-ANC-WHT", 1),),
        address=PUNE,
        payment=Payment.FAILS_FIRST,
        status="completed",
        payment_status="paid",
    ),
    Story(
        title="cancelled and refunded",
        customer="farah",
        items=(("LAMP-DESK-LED", 1),),
        address=PUNE,
        payment=Payment.PAYS,
        status="cancelled",
        payment_status="refunded",
        cancels=True,
    ),
    Story(
        title="abandoned at the sheet",
        customer="dev",
        items=(("KURTA-LIN-M", 1),),
        address=PUNE,
        payment=Payment.WALKS_AWAY,
        status="expired",
        payment_status="unpaid",
    ),
)
