"""What needs a person: a reason, what they may do about it, and what they did."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AttentionAction(StrEnum):
    """What ops may answer. `skip` needs a note; `cancel` cancels the order."""

    RETRY = "retry"
    SKIP = "skip"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attention:
    """One call for a person; open until `resolved_at` is set. Ids count `a1`, `a2`, … per order.

    `respond_by` is a deadline that others set (a dispute's). A call without actions, or
    whose `action` stays empty, is answered by what it asks for: a payout, the rest of the cash.
    """

    attention_id: str
    step: str
    reason: str
    suggestion: str
    actions: tuple[AttentionAction, ...]
    raised_at: datetime
    action: AttentionAction | None = None
    note: str | None = None
    resolved_at: datetime | None = None
    respond_by: datetime | None = None
