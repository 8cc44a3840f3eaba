"""Sends parcels on their journeys: none moves before it was told which, so twins travel alike."""

import asyncio
from collections.abc import Sequence
from typing import Final

from workers.lambda_proof.twins import Twins
from workers.soak.plans import Journey
from workers.soak.stack_client import StackClient

LOOK_EVERY_S: Final = 2.0
STEP_S: Final = 0.5


class Dispatcher:
    """Looks for new parcels until it is cancelled."""

    def __init__(self, stack: StackClient, twins: Sequence[Twins]) -> None:
        """Look after the parcels of these orders."""
        self._stack = stack
        self._twins = twins
        self._told: set[str] = set()

    async def stop_the_clockwork(self) -> None:
        """Let every later parcel wait for its journey."""
        await self._stack.courier("PUT", "script", {"script": Journey.HAPPY.value, "step_s": 0})

    async def run(self) -> None:
        """Tell each parcel its journey, once."""
        while True:
            parcels = (await self._stack.courier("GET", "state"))["parcels"]
            journeys = {
                lived.order_id: pair.journey
                for pair in self._twins
                for lived in (pair.functions, pair.server)
            }
            for parcel in parcels:
                order_id, awb = parcel["seller_order_id"].partition("-")[0], parcel["awb"]
                if awb and awb not in self._told and order_id in journeys:
                    self._told.add(awb)
                    body = {"script": journeys[order_id].value, "step_s": STEP_S, "awb": awb}
                    await self._stack.courier("PUT", "script", body)
            await asyncio.sleep(LOOK_EVERY_S)
