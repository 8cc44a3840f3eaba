"""Everything the sandbox knows, in memory and written through to a document store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sandbox.clock import Clock
from sandbox.documents import DocumentStore
from sandbox.razorpay.api.errors import invalid_input, unknown_id
from sandbox.razorpay.balance import Adjustment, Dispute, Settlement
from sandbox.razorpay.entities import Order, Payment, Refund
from sandbox.razorpay.identity import is_id
from sandbox.razorpay.stored import Entity, IdempotencyKey, WebhookEvent

Kept = Entity | WebhookEvent
Loaded = TypeVar(
    "Loaded", Order, Payment, Refund, Dispute, Adjustment, Settlement, WebhookEvent, IdempotencyKey
)
Found = TypeVar("Found", Order, Payment, Refund, Dispute, Settlement)

CLOCK = ("settings", "clock")
HOOK = ("settings", "hook")


class Ledger:
    """Entities by id; `save` after each change makes it durable before the answer leaves."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self.orders = _load(Order, store.all("order"))
        self.payments = _load(Payment, store.all("payment"))
        self.refunds = _load(Refund, store.all("refund"))
        self.disputes = _load(Dispute, store.all("dispute"))
        self.adjustments = _load(Adjustment, store.all("adjustment"))
        self.settlements = _load(Settlement, store.all("settlement"))
        self.events = _load(WebhookEvent, store.all("event"))
        self.keys = _load(IdempotencyKey, store.all("key"))
        settings = dict(store.all("settings"))
        self._payments_of: defaultdict[str, list[Payment]] = defaultdict(list)
        self._refunds_of: defaultdict[str, list[Refund]] = defaultdict(list)
        for payment in self.payments.values():
            self._index(payment)
        for refund in self.refunds.values():
            self._index(refund)
        # Any: each dictionary holds the one class that it is listed under.
        self._kept: dict[type[Kept], tuple[str, dict[str, Any]]] = {
            Order: ("order", self.orders),
            Payment: ("payment", self.payments),
            Refund: ("refund", self.refunds),
            Dispute: ("dispute", self.disputes),
            Adjustment: ("adjustment", self.adjustments),
            Settlement: ("settlement", self.settlements),
            WebhookEvent: ("event", self.events),
        }
        self.clock_ahead_s = float(settings.get("clock", {}).get("ahead_s", 0.0))
        self.hook_enabled = bool(settings.get("hook", {}).get("enabled", True))

    def save(self, *entities: Kept) -> None:
        """Make the present state of the entities durable."""
        for entity in entities:
            kind, known = self._kept[type(entity)]
            if entity.id not in known:
                known[entity.id] = entity
                self._index(entity)
            self._store.put(kind, entity.id, asdict(entity))

    def save_key(self, key: IdempotencyKey) -> None:
        """Make an idempotency key durable."""
        self.keys[key.key] = key
        self._store.put("key", key.key, asdict(key))

    def save_clock(self, clock: Clock) -> None:
        """Remember how far the clock is ahead, so that time never runs backwards."""
        self._store.put(*CLOCK, {"ahead_s": clock.ahead_s})

    def save_hook(self, *, enabled: bool) -> None:
        """Remember whether webhooks are still sent."""
        self.hook_enabled = enabled
        self._store.put(*HOOK, {"enabled": enabled})

    def order(self, order_id: str) -> Order:
        """Return an order.

        Raises:
            ApiError: the id is malformed or unknown.
        """
        return _find(self.orders, "order", order_id)

    def payment(self, payment_id: str) -> Payment:
        """Return a payment; raises like `order`."""
        return _find(self.payments, "pay", payment_id)

    def refund(self, refund_id: str) -> Refund:
        """Return a refund; raises like `order`."""
        return _find(self.refunds, "rfnd", refund_id)

    def dispute(self, dispute_id: str) -> Dispute:
        """Return a dispute; raises like `order`."""
        return _find(self.disputes, "disp", dispute_id)

    def settlement(self, settlement_id: str) -> Settlement:
        """Return a settlement; raises like `order`."""
        return _find(self.settlements, "setl", settlement_id)

    def payments_of(self, order_id: str) -> list[Payment]:
        """Return the attempts at an order, oldest first."""
        return list(self._payments_of.get(order_id, ()))

    def refunds_of(self, payment_id: str) -> list[Refund]:
        """Return the refunds of a payment, oldest first."""
        return list(self._refunds_of.get(payment_id, ()))

    def atomic(self) -> AbstractContextManager[None]:
        """Make everything saved in the block durable together; see `DocumentStore.atomic`."""
        return self._store.atomic()

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _index(self, entity: Kept) -> None:
        if isinstance(entity, Payment):
            self._payments_of[entity.order_id].append(entity)
        elif isinstance(entity, Refund):
            self._refunds_of[entity.payment_id].append(entity)


def _load(kind: type[Loaded], stored: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Loaded]:
    """Return the stored entities; what an older sandbox knew of them and this one not is left."""
    known = {one.name for one in fields(kind)}
    return {
        key: kind(**{name: value for name, value in body.items() if name in known})
        for key, body in stored
    }


def _find(known: "dict[str, Found]", prefix: str, entity_id: str) -> "Found":
    if not is_id(prefix, entity_id):
        description = f"{entity_id} is not a valid id"
        raise invalid_input(description)
    found = known.get(entity_id)
    if found is None:
        raise unknown_id()
    return found
