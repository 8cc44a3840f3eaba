"""The least that an Update-with-Start can be: the yardstick for placing an order."""

from temporalio import workflow

QUEUE = "bench-bare"
ANSWER = "answer"


@workflow.defn
class BareWorkflow:
    """Answers one update and ends."""

    def __init__(self) -> None:
        self._answered = False

    @workflow.run
    async def run(self) -> None:
        """Wait for the answer to be given."""
        await workflow.wait_condition(lambda: self._answered)

    @workflow.update(name=ANSWER)
    async def answer(self) -> str:
        """Answer at once."""
        self._answered = True
        return "answered"
