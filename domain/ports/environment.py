"""Time, queues, and who is asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Clock(Protocol):
    """Where time comes from outside workflows."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMessage:
    """A message as received. `receives` counts deliveries, this one included."""

    message_id: str
    receipt: str
    body: str
    receives: int
    attributes: Mapping[str, str]


class MessageQueue(Protocol):
    """One SQS queue."""

    async def send(self, body: str, attributes: Mapping[str, str] | None = None) -> None:
        """Put one message on the queue.

        Raises:
            StoreUnavailable: the queue did not take it.
        """
        ...

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        """Long-poll for up to `limit` (at most 10) messages; hidden for `visibility_s`."""
        ...

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Acknowledge messages. Idempotent."""
        ...

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        """Extend (or, with 0, end) a message's invisibility."""
        ...


class Scope(StrEnum):
    """What a token allows."""

    CUSTOMER = "customer"
    OPS = "ops"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is asking. With an `order_id` they may see and steer that order and nothing else."""

    subject: str
    scope: Scope
    expires_at: datetime
    order_id: str | None = None


class TokenVerifier(Protocol):
    """Checks bearer tokens."""

    def verify(self, token: str) -> Caller:
        """Return who a token speaks for.

        Raises:
            InvalidToken: it is expired, foreign, malformed, or not for us.
        """
        ...
