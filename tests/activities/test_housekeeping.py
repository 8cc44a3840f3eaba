from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import HousekeepingActivities, ReleaseForgottenHoldsInput
from domain.cart import CartItem
from domain.errors import OrderNotFound, OrderUnavailable
from domain.messages import StatusSnapshot
from domain.ports import OrderCommands
from domain.status import OrderStatus
from tests.fakes.stock import FakeInventory

TOMORROW = ReleaseForgottenHoldsInput(held_before=datetime.now(UTC) + timedelta(days=1))


class Workflows:
    """The orders' workflows, of which each is at a status, gone, or silent."""

    def __init__(self, orders: dict[str, OrderStatus | Exception]) -> None:
        self.orders = orders

    async def status(self, order_id: str) -> StatusSnapshot:
        status = self.orders[order_id]
        if isinstance(status, Exception):
            raise status
        return StatusSnapshot(
            order_id=order_id, customer_id="c", status=status, sequence=1, epoch=1, waits_for="x"
        )


async def release(orders: dict[str, OrderStatus | Exception]) -> tuple[list[str], FakeInventory]:
    """Hold stock for each order, then let the forgotten holds be released."""
    inventory = FakeInventory()
    for order_id in orders:
        await inventory.hold(order_id, [CartItem(sku="TEE-BLK-M", quantity=1)], "411001")
    activities = HousekeepingActivities(inventory, cast("OrderCommands", Workflows(orders)))
    done: Any = await ActivityEnvironment().run(activities.release_forgotten_holds, TOMORROW)
    return list(done.released), inventory


@pytest.mark.parametrize("status", OrderStatus)
async def test_a_hold_is_released_only_once_its_order_has_given_it_up(status: OrderStatus) -> None:
    released, inventory = await release({"ord_1": status})
    given_up = status in (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    assert released == (["ord_1"] if given_up else [])
    assert inventory.holds["ord_1"].state == ("released" if given_up else "held")


async def test_a_hold_without_a_workflow_is_released() -> None:
    released, _ = await release(
        {"ord_1": OrderNotFound("gone"), "ord_2": OrderStatus.PENDING_PAYMENT}
    )
    assert released == ["ord_1"]


async def test_a_workflow_that_does_not_answer_keeps_its_hold_and_holds_up_no_other() -> None:
    released, inventory = await release(
        {"ord_1": OrderUnavailable("no answer in time"), "ord_2": OrderNotFound("gone")}
    )
    assert released == ["ord_2"]
    assert inventory.holds["ord_1"].state == "held"
