"""What the sandbox keeps for itself: idempotency keys and webhook events."""

from dataclasses import dataclass, field

from sandbox.razorpay.balance import Adjustment, Dispute, Settlement
from sandbox.razorpay.entities import Json, Order, Payment, Refund
from sandbox.razorpay.webhooks.downtime import Downtime

Entity = Order | Payment | Refund | Dispute | Adjustment | Settlement
"""What the merchant's books are made of."""

News = Order | Payment | Refund | Dispute | Settlement | Downtime
"""What a webhook can be about."""


@dataclass(kw_only=True, slots=True)
class IdempotencyKey:
    """A refund key: the request it was used with and, once it exists, the answer."""

    key: str
    request: str
    answer: Json | None = None


@dataclass(kw_only=True, slots=True)
class WebhookEvent:
    """One webhook event and every attempt to deliver it.

    `state` is `pending`, `delivered`, `lost` (a fault swallowed it), `failed` (24 hours without a
    2xx), `skipped` (the hook was disabled) or `unsubscribed` (no hook). `body` are the exact
    characters sent each time; `secret` is the one in force when the event came into being.
    """

    id: str
    name: str
    subject: str
    body: str
    secret: str
    created_at: float
    state: str = "pending"
    due_at: float | None = None
    copies: int = 1
    held: bool = False
    attempts: list[Json] = field(default_factory=list)

    def as_json(self) -> Json:
        """Return the event for the state listing, without its secret."""
        return {
            "id": self.id,
            "event": self.name,
            "subject": self.subject,
            "created_at": self.created_at,
            "state": self.state,
            "next_attempt_at": self.due_at if self.state == "pending" else None,
            "attempts": self.attempts,
        }
