from datetime import timedelta
from uuid import uuid4

from domain.cart import CartItem
from domain.messages import CancelOrder
from tests.workflows.house import House
from workflows.housekeeping import HousekeepingWorkflow, ensure_schedules
from workflows.policies import SCHEDULES_QUEUE


async def test_only_holds_that_no_living_order_stands_behind_are_released(house: House) -> None:
    living, _ = await house.check_out(await house.placement())
    cancelled, _ = await house.check_out(await house.placement())
    command = CancelOrder(reason="no", by="customer")
    await house.orders.cancel(cancelled.order_id, command, "k1")
    orphan = "ord_orphan"
    await house.inventory.hold(orphan, [CartItem(sku="TEE-BLK-M", quantity=3)], "411001")
    for hold in house.inventory.inner.holds.values():
        hold.held_at -= timedelta(days=2)

    result = await house.client.execute_workflow(
        HousekeepingWorkflow.run, id=f"housekeeping-{uuid4().hex}", task_queue=SCHEDULES_QUEUE
    )

    assert result.released == (orphan,)
    assert house.inventory.inner.holds[living.order_id].state == "held"
    assert house.inventory.inner.holds[orphan].state == "released"


async def test_the_schedule_is_made_once(house: House) -> None:
    await ensure_schedules(house.client)
    await ensure_schedules(house.client)
    described = await house.client.get_schedule_handle("housekeeping").describe()
    assert described.schedule.spec.intervals[0].every == timedelta(hours=1)
    await house.client.get_schedule_handle("housekeeping").delete()
