"""A change to the order workflow as somebody in a hurry makes it: without a patch."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.messages import OrderInput
    from domain.status import OrderStatus
    from workflows.order import OrderWorkflow


@workflow.defn(name="Order")
class HastyWorkflow(OrderWorkflow):
    """The order workflow with a timer before its first step."""

    @workflow.init
    def __init__(self, start: OrderInput) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: OrderInput) -> OrderStatus | None:
        await workflow.sleep(1)
        return await super().run(start)
