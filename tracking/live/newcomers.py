"""Hears that a customer has a new order, so that "all my orders" stays true."""

import asyncio

from domain.ports import Position
from domain.ports.events import customer_room
from tracking.following.batch import Batch


class Newcomers:
    """Wakes whoever waits when there may be an order that is not followed yet. A `Listener`."""

    def __init__(self, customer_id: str) -> None:
        """Listen for this customer."""
        self.room = customer_room(customer_id)
        self._woken = asyncio.Event()

    def offer(self, batch: Batch) -> None:
        """Hear the first event of an order."""
        self._woken.set()

    def compare(self, head: Position) -> None:
        """Hear that it is time to look again: such an announcement may have been lost."""
        self._woken.set()

    async def come(self) -> None:
        """Wait until there may be one."""
        await self._woken.wait()
        self._woken.clear()
