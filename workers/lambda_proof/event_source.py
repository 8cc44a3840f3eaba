"""An SQS event source as Lambda has it: polls, invokes, deletes what was not named as failed."""

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from adapters.aws.clients import AwsClients
from sandbox.lambda_runtime.process import (
    FunctionCrashed,
    FunctionError,
    FunctionProcess,
    FunctionTimedOut,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BATCH: Final = 10
WAIT_S: Final = 1
PAUSE_S: Final = 0.5


class EventSource:
    """Feeds one queue to sandboxes of one function, each on a thread, while its block runs.

    Attributes:
        counts: batches, messages handled, failed, and batches that came to nothing, by why.
    """

    def __init__(
        self, aws: AwsClients, queue_url: str, processes: Sequence[FunctionProcess]
    ) -> None:
        """Poll this queue for these sandboxes."""
        self._aws = aws
        self._url = queue_url
        self._processes = processes
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._run, args=(each,)) for each in processes]

    def __enter__(self) -> "EventSource":
        """Start."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop after the batches under way."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def count(self, name: str, by: int = 1) -> None:
        """Count something."""
        with self._lock:
            self.counts[name] += by

    def _run(self, process: FunctionProcess) -> None:
        while not self._stopping.is_set():
            try:
                self._once(process)
            except (FunctionCrashed, FunctionError, FunctionTimedOut) as error:
                # As on Lambda: nothing is deleted, the queue shows the messages again.
                self.count(type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the emulator's hiccups must not end the poll
                self.count(f"poll failed: {type(error).__name__}")
                self._stopping.wait(PAUSE_S)

    def _once(self, process: FunctionProcess) -> None:
        answer = self._aws.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        self.count("batches")
        named = process.invoke({"Records": [_record(each) for each in messages]}).payload
        failed = {each["itemIdentifier"] for each in named["batchItemFailures"]}
        done = [each for each in messages if each["MessageId"] not in failed]
        self.count("handled", len(done))
        self.count("failed", len(failed))
        if done:
            self._aws.sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                    for number, each in enumerate(done)
                ],
            )


class Killer:
    """Kills sandboxes at random moments while its block runs, as machines die."""

    def __init__(
        self, processes: Sequence[FunctionProcess], seed: int, between_s: tuple[float, float]
    ) -> None:
        """Kill one of these after each pause from this range."""
        self._processes = processes
        self._dice = random.Random(seed)  # noqa: S311 - a run must be repeatable
        self._between_s = between_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kills = 0

    def __enter__(self) -> "Killer":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._dice.uniform(*self._between_s)):
            pid = self._dice.choice(self._processes).pid
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills += 1


def _record(message: "MessageTypeDef") -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }
