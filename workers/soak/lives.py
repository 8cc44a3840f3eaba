"""What became of a customer's plan, as the customer was told."""

from dataclasses import dataclass, field

from workers.soak.plans import Plan
from workers.soak.stack_client import Json


@dataclass(kw_only=True)
class Lived:
    """What became of one plan, as its customer was told."""

    plan: Plan
    order_id: str = ""
    checkout: Json = field(default_factory=dict)
    refused: str = ""
    cancel_answer: int | None = None
    dispute_id: str = ""
    complaints: list[str] = field(default_factory=list)
