"""News that concern no order: a way to pay is down. Receivers must let them pass."""

import hashlib
from dataclasses import dataclass

from sandbox.razorpay.entities import Json
from sandbox.razorpay.identity import ID_LENGTH

EVENTS = ("started", "updated", "resolved")
INSTRUMENTS: dict[str, Json] = {
    "card": {"network": "MC", "type": "credit"},
    "upi": {"psp": "bhim", "flow": "collect"},
    "netbanking": {"bank": "SBIN"},
    "wallet": {"wallet": "mobikwik"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Downtime:
    """Trouble with a method of payment, as `payment.downtime.*` tells it."""

    method: str
    status: str
    begin: int
    at: int
    severity: str = "high"

    @property
    def id(self) -> str:
        """Return the same id for every piece of news about the same trouble."""
        digest = hashlib.sha256(f"{self.method}{self.begin}".encode()).hexdigest()
        return f"down_{digest[:ID_LENGTH]}"

    def as_json(self) -> Json:
        """Return the downtime as webhooks show it."""
        instrument = INSTRUMENTS[self.method]
        return {
            "id": self.id,
            "entity": "payment.downtime",
            "method": self.method,
            "begin": self.begin,
            "end": self.at if self.status == "resolved" else None,
            "status": self.status,
            "scheduled": False,
            "severity": self.severity,
            "instrument": instrument,
            "instrument_schema": list(instrument),
            "created_at": self.begin,
            "updated_at": self.at,
        }
