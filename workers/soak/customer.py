"""One customer of a soak: orders, pays or not, cancels perhaps, and repeats what got no answer."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import httpx

from workers.soak.invariants import ENDS
from workers.soak.lives import Lived
from workers.soak.plans import Dispute, Journey, Paying
from workers.soak.stack_client import AGAIN, ControlRefused, Json, StackClient

PATIENCE_S = 240.0
"""Longer than a step that fails six times in a row and doubles its pause each time."""
LOOK_EVERY_S = 0.5
BANK_DECIDES_S = 3.0
"""From the opening of a dispute to its end."""
TOO_LATE_TO_PAY = ("expired", "cancelled")


class CustomerFailed(Exception):
    """The shop did not do what it says it does; the soak goes on without this customer."""


class Customer:
    """Plays one plan against the stack."""

    def __init__(
        self, stack: StackClient, lived: Lived, gate: asyncio.Semaphore, answers: Counter[str]
    ) -> None:
        """Pass checkouts through `gate`, count every answer of the API in `answers`."""
        self._stack = stack
        self._lived = lived
        self._plan = lived.plan
        self._gate = gate
        self._answers = answers

    async def live(self) -> None:
        """Do all that the plan says; what goes wrong stands in `complaints`."""
        try:
            if await self._place():
                await asyncio.gather(self._pay(), self._cancel(), self._divert())
        except (CustomerFailed, ControlRefused, httpx.HTTPError) as error:
            self._lived.complaints.append(f"{type(error).__name__}: {error}")

    async def _place(self) -> bool:
        plan = self._plan
        async with self._gate:
            answer = await self._insist("POST", "/orders", plan.key, plan.body())
        if answer.status_code != httpx.codes.CREATED:
            self._lived.refused = answer.json().get("type", "")
            return False
        self._lived.checkout = answer.json()
        self._lived.order_id = self._lived.checkout["order_id"]
        if plan.repeats_checkout:
            again = await self._insist("POST", "/orders", plan.key, plan.body())
            if again.json() != self._lived.checkout:
                self._lived.complaints.append("the repeated checkout got another answer")
        return True

    async def _pay(self) -> None:
        paying = self._plan.paying
        if paying in (Paying.WALKS_AWAY, Paying.AT_THE_DOOR):
            return
        if paying is Paying.PAYS_LATE:
            await self._pay_late()
            return
        if paying is Paying.FAILS_FIRST:
            await self._attempt("failed")
        handover = await self._attempt("captured")
        if paying is Paying.PAYS_TWICE:
            await self._attempt("captured", second_capture=True)
        if paying is not Paying.CLOSES_BROWSER:
            await self._hand_over(handover)
        if self._plan.dispute is not None:
            await self._dispute(handover["razorpay_payment_id"], self._plan.dispute)

    async def _dispute(self, payment_id: str, end: Dispute) -> None:
        """Ask the bank for the money back, and let the bank decide a little later."""
        opened = await self._stack.razorpay("POST", "disputes", {"payment_id": payment_id})
        self._lived.dispute_id = opened["id"]
        await asyncio.sleep(BANK_DECIDES_S)
        await self._stack.razorpay("POST", f"disputes/{opened['id']}", {"status": end.value})

    async def _pay_late(self) -> None:
        attempt = await self._attempt("failed")
        await self._until(lambda order: order["status"] in TOO_LATE_TO_PAY)
        if attempt:
            path = f"payments/{attempt['razorpay_payment_id']}"
            await self._stack.razorpay("POST", path, {"outcome": "captured"})

    async def _attempt(self, outcome: str, *, second_capture: bool = False) -> Json:
        body: Json = {"order_id": self._payment["razorpay_order_id"], "outcome": outcome}
        if second_capture:
            body["second_capture"] = True
        return await self._stack.razorpay("POST", "payments", body)

    async def _hand_over(self, handover: Json) -> None:
        names = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")
        body = {name: handover[name] for name in names}
        answer = await self._insist("POST", f"{self._path}/payment", None, body)
        if answer.is_error:
            self._lived.complaints.append(f"the hand-over was refused: {answer.text[:200]}")

    async def _cancel(self) -> None:
        if self._plan.cancels_after_s is None:
            return
        await asyncio.sleep(self._plan.cancels_after_s)
        key, body = uuid4().hex, self._plan.cancellation()
        answer = await self._insist("POST", f"{self._path}/cancel", key, body)
        self._lived.cancel_answer = answer.status_code

    async def _divert(self) -> None:
        """Put the parcels on the plan's journey as soon as they are booked."""
        plan = self._plan
        pays = plan.paying not in (Paying.WALKS_AWAY, Paying.PAYS_LATE)
        if plan.journey is Journey.HAPPY or not pays:
            return
        order = await self._until(lambda o: _all_booked(o) or _over(o))
        for parcel in order["shipments"]:
            body = {"script": plan.journey.value, "step_s": 0.6, "awb": parcel["awb"]}
            await self._stack.courier("PUT", "script", body)

    @property
    def _path(self) -> str:
        return f"/orders/{self._lived.order_id}"

    @property
    def _payment(self) -> Json:
        payment: Json = self._lived.checkout["payment"]
        return payment

    async def _until(self, good: Callable[[Json], bool]) -> Json:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = await self._call("GET", self._path, None, None)
            if answer.is_success and good(answer.json()):
                order: Json = answer.json()
                return order
            await asyncio.sleep(LOOK_EVERY_S)
        message = f"order {self._lived.order_id} did not come as far as its customer waited for"
        raise CustomerFailed(message)

    async def _insist(
        self, method: str, path: str, key: str | None, body: Json | None
    ) -> httpx.Response:
        """Call until there is an answer; a 503 says when to come back, with the same key."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            answer = await self._call(method, path, key, body)
            if answer.status_code not in AGAIN:
                return answer
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        message = f"{method} {path} had no answer within {PATIENCE_S:g} s"
        raise CustomerFailed(message)

    async def _call(
        self, method: str, path: str, key: str | None, body: Json | None
    ) -> httpx.Response:
        answer = await self._stack.api(
            method, path, customer=self._plan.customer, key=key, json=body
        )
        self._answers[f"{method} {_route(path)} {answer.status_code}"] += 1
        return answer


def _route(path: str) -> str:
    parts = path.split("/")
    return "/".join([*parts[:2], "{id}", *parts[3:]]) if len(parts) > 2 else path  # noqa: PLR2004


def _all_booked(order: Json) -> bool:
    parts = {line["sku"] for parcel in order["shipments"] for line in parcel["lines"]}
    return parts == {line["sku"] for line in order["lines"]}


def _over(order: Json) -> bool:
    return order["status"] in ENDS
