"""What is looked after on a schedule."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from domain.errors import OrderNotFound, OrderUnavailable
from domain.ports import Inventory, OrderCommands
from domain.status import OrderStatus

BATCH = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseForgottenHoldsInput:
    """Holds from before this time are looked at."""

    held_before: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseForgottenHoldsResult:
    """The orders whose stock was given back."""

    released: tuple[str, ...]


class HousekeepingActivities:
    """Runs on the `schedules` queue. Idempotent: what is done once finds nothing to do."""

    def __init__(self, inventory: Inventory, orders: OrderCommands) -> None:
        """Receive the ports."""
        self._inventory = inventory
        self._orders = orders

    @activity.defn
    async def release_forgotten_holds(
        self, request: ReleaseForgottenHoldsInput
    ) -> ReleaseForgottenHoldsResult:
        """Release holds that no living order stands behind, after asking its workflow."""
        released = []
        for order_id in await self._inventory.held_before(request.held_before, BATCH):
            if await self._is_forgotten(order_id):
                await self._inventory.release(order_id)
                released.append(order_id)
        return ReleaseForgottenHoldsResult(released=tuple(released))

    async def _is_forgotten(self, order_id: str) -> bool:
        """Tell whether the workflow is gone, or has ended without this hold."""
        try:
            snapshot = await self._orders.status(order_id)
        except OrderNotFound:
            return True
        except OrderUnavailable:  # not now: the next round asks again
            return False
        return snapshot.status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
