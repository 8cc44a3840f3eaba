"""Webhooks to the seller: one per scan, with the whole history, and what may befall them.

The provider documents no retries, no order and no event id. This sandbox tries a failed delivery
again with growing gaps until a newer webhook of the same parcel replaces it, and after a restart
sends once more whatever was never acknowledged.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import httpx

from sandbox.clock import Agenda
from sandbox.courier.config import CourierSandboxConfig
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.parcels import Parcels
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.wire.tracking import webhook
from sandbox.faults import FaultSwitches

RETRY_GAPS_S: Final = (0.5, 1, 2, 4, 8, 15, 30, 60, 120, 240)
REORDER_HOLD_STEPS: Final = 1.5
REORDER_HOLD_S: Final = 0.5
ANSWER_WITHIN_S: Final = 10.0
IN_FLIGHT: Final = 16
MOST_REMEMBERED: Final = 100_000


class Webhooks:
    """Sends webhooks in the background; `close` waits for none of them.

    Without a webhook URL it does nothing but count every scan as announced.
    """

    def __init__(
        self,
        config: CourierSandboxConfig,
        *,
        agenda: Agenda,
        faults: FaultSwitches,
        parcels: Parcels,
    ) -> None:
        self._config = config
        self._agenda = agenda
        self._faults = faults
        self._parcels = parcels
        self._client = httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False)
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._in_order: dict[int, asyncio.Lock] = {}
        self._newest: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: deque[dict[str, Any]] = deque(maxlen=MOST_REMEMBERED)
        self.set_backwards(0.0, seed=0)

    def set_backwards(self, probability: float, *, seed: int) -> None:
        """Let webhooks be followed by an older state of the same parcel, this often."""
        self.backwards = probability
        self._dice = random.Random(seed)  # noqa: S311 - faults must be repeatable

    def resume(self) -> None:
        """Send what was never acknowledged before a restart."""
        for parcel in self._parcels:
            if parcel.announced < len(parcel.scans):
                self._start(parcel, webhook(parcel), len(parcel.scans))

    def announce(self, parcel: Parcel) -> None:
        """Send a parcel's newest state, unless a fault has it otherwise."""
        scans = len(parcel.scans)
        fate = self._faults.draw_webhook(parcel.status.name.lower())
        if fate.lost or self._config.webhook_url is None:
            parcel.announced = scans
            self._parcels.save(parcel)
            return
        body = webhook(parcel)
        for _ in range(fate.copies):
            self._later(fate.delay_s, lambda: self._start(parcel, body, scans, hold=fate.reordered))

    async def close(self) -> None:
        """Stop sending."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    def _later(self, delay_s: float, start: Callable[[], None]) -> None:
        if delay_s:
            self._agenda.plan(self._agenda.clock.now() + delay_s, lambda _: start())
        else:
            start()

    def _start(
        self, parcel: Parcel, body: dict[str, Any], scans: int, *, hold: bool = False
    ) -> None:
        self._newest[parcel.order_id] = max(scans, self._newest.get(parcel.order_id, 0))
        task = asyncio.get_running_loop().create_task(self._send(parcel, body, scans, hold=hold))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, parcel: Parcel, body: dict[str, Any], scans: int, *, hold: bool) -> None:
        if hold:
            pace = parcel.step_s or REORDER_HOLD_S
            await asyncio.sleep(pace * REORDER_HOLD_STEPS)
            await self._deliver(parcel, body, scans)
            return
        async with self._in_order.setdefault(parcel.order_id, asyncio.Lock()):
            await self._deliver(parcel, body, scans)
        if scans > 1 and self._dice.random() < self.backwards:
            await self._post(webhook(parcel, scans=scans - 1))

    async def _deliver(self, parcel: Parcel, body: dict[str, Any], scans: int) -> None:
        for gap_s in (*RETRY_GAPS_S, None):
            if await self._post(body):
                parcel.announced = max(parcel.announced, scans)
                self._parcels.save(parcel)
                return
            if gap_s is None or self._newest[parcel.order_id] > scans:
                return
            await asyncio.sleep(gap_s)

    async def _post(self, body: dict[str, Any]) -> bool:
        """Post once; True if the seller answered exactly 200."""
        event = ShipmentStatus(body["shipment_status_id"]).name.lower()
        key = self._config.webhook_token
        if self._faults.draw_signature(event) != "right":
            key = "not-the-key"
        record: dict[str, Any] = {
            "at": self._agenda.clock.now(),
            "awb": body["awb"],
            "shipment_status_id": body["shipment_status_id"],
            "scans": len(body["scans"]),
            "status": None,
        }
        self.sent.append(record)
        async with self._slots:
            try:
                answer = await self._client.post(
                    str(self._config.webhook_url),
                    content=json.dumps(body).encode(),
                    headers={"content-type": "application/json", "x-api-key": key},
                )
            except httpx.HTTPError as error:
                record["status"] = type(error).__name__
                return False
        record["status"] = answer.status_code
        return answer.status_code == httpx.codes.OK
