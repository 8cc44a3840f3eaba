"""Waits until nothing more happens, and does what ops would do meanwhile."""

import asyncio
import time
from collections.abc import Sequence

from workers.soak.customer import Lived
from workers.soak.invariants import at_rest
from workers.soak.stack_client import Json, StackClient

LOOK_EVERY_S = 1.0


class Watch:
    """Looks at a soak's orders until they rest."""

    def __init__(self, stack: StackClient, lives: Sequence[Lived]) -> None:
        """Watch the orders that were placed."""
        self._stack = stack
        self._restless = {lived.order_id: lived.plan.customer for lived in lives if lived.order_id}
        self._seen: dict[str, int] = {}
        self.attentions: list[str] = []

    async def until_quiet(self, patience_s: float) -> set[str]:
        """Wait until every order rests, or none has moved for `patience_s`; return the others."""
        moved_at = time.monotonic()
        while self._restless and time.monotonic() - moved_at < patience_s:
            for order_id, customer in list(self._restless.items()):
                if await self._look(order_id, customer):
                    moved_at = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
        return set(self._restless)

    async def answer_attentions(self) -> None:
        """Retry, as ops would, every step that waits for a person."""
        for order_id in self._restless:
            found = await self._stack.ops("GET", f"/ops/orders/{order_id}")
            order = found.json().get("order", {}) if found.is_success else {}
            for each in order.get("attention", []):
                if each.get("resolved_at") is None:
                    await self._retry(order_id, each)

    async def _retry(self, order_id: str, attention: Json) -> None:
        self.attentions.append(f"{order_id}: {attention['step']}: {attention['reason']}")
        body = {
            "attention_id": attention["attention_id"],
            "action": attention["actions"][0],
            "note": "soak",
        }
        await self._stack.ops("POST", f"/ops/orders/{order_id}/resolve", json=body)

    async def _look(self, order_id: str, customer: str) -> bool:
        """Return whether the order has moved since the last look."""
        answer = await self._stack.api("GET", f"/orders/{order_id}", customer=customer)
        if not answer.is_success:
            return False
        order = answer.json()
        if at_rest(order):
            del self._restless[order_id]
        before, self._seen[order_id] = self._seen.get(order_id), order["sequence"]
        return bool(before != order["sequence"])
