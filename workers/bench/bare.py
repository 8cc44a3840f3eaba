"""The least that an Update-with-Start and a signal can be: yardsticks for what orders do."""

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


@workflow.defn
class BareSignalWorkflow:
    """Counts signals until it is told to end: the yardstick for telling an order of a webhook."""

    def __init__(self) -> None:
        self._signals = 0
        self._ended = False

    @workflow.run
    async def run(self) -> int:
        """Wait for the end; return how many signals came."""
        await workflow.wait_condition(lambda: self._ended)
        return self._signals

    @workflow.signal
    def count(self) -> None:
        """Count one."""
        self._signals += 1

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._ended = True
