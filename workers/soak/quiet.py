"""Waits until nothing more happens, and does what ops would do meanwhile."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence

import httpx

from workers.soak.invariants import at_rest
from workers.soak.lives import Lived
from workers.soak.stack_client import AGAIN, Json, StackClient

LOOK_EVERY_S = 1.0
ANSWER_EVERY_S = 3.0
MOST_TRIES = 30


class Desk:
    """Ops, who retry whatever waits for a person."""

    def __init__(self, stack: StackClient) -> None:
        """Work on the orders of this stack."""
        self._stack = stack
        self.answered: Counter[str] = Counter()

    async def keep_answering(self) -> None:
        """Answer until cancelled."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                await self._round()
            await asyncio.sleep(ANSWER_EVERY_S)

    async def _round(self) -> None:
        page = {"attention": "true", "limit": "100"}
        found = await self._stack.ops("GET", "/ops/orders", params=page)
        for order in found.json()["orders"] if found.is_success else ():
            for attention in order["attention"]:
                await self._answer(order["order_id"], attention)

    async def _answer(self, order_id: str, attention: Json) -> None:
        body = {
            "attention_id": attention["attention_id"],
            "action": attention["actions"][0],
            "note": "soak",
        }
        path, key = f"/ops/orders/{order_id}/resolve", f"{order_id}-{attention['attention_id']}"
        for _ in range(MOST_TRIES):
            answer = await self._stack.ops("POST", path, json=body, key=key)
            if answer.is_success:
                self.answered[f"{attention['step']}: {_what(attention)}"] += 1
            if answer.status_code not in AGAIN:
                return
            # Whether it was heard is not known: an event of it may be out, the answer not.
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))


def _what(attention: Json) -> str:
    """Return the reason without the ids in it, so that reasons can be counted."""
    words = str(attention["reason"]).split()
    return " ".join(word for word in words if not any(each.isdigit() for each in word))


class Watch:
    """Looks at a soak's orders until they rest."""

    def __init__(self, stack: StackClient, lives: Sequence[Lived]) -> None:
        """Watch the orders that were placed."""
        self._stack = stack
        self._restless = {lived.order_id: lived.plan.customer for lived in lives if lived.order_id}
        self._seen: dict[str, int] = {}

    async def until_quiet(self, patience_s: float) -> set[str]:
        """Wait until every order rests, or none has moved for `patience_s`; return the others."""
        moved_at = time.monotonic()
        while self._restless and time.monotonic() - moved_at < patience_s:
            for order_id, customer in list(self._restless.items()):
                if await self._look(order_id, customer):
                    moved_at = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
        return set(self._restless)

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
