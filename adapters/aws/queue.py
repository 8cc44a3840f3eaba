"""A queue of SQS behind the port `MessageQueue`."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws.clients import LONGEST_POLL_S, AwsClients, error_code
from domain.errors import StoreUnavailable
from domain.ports import QueueMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BATCH = 10
POLLERS = 4
MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
NOT_IN_FLIGHT = frozenset(
    {
        "AWS.SimpleQueueService.MessageNotInflight",
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
        "InvalidParameterValue",
    }
)


class SqsQueue:
    """One queue, known by name; its address is looked up at the first call.

    Polling blocks a thread for as long as it waits, so it runs on threads of this queue alone.
    """

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients = clients
        self._name = name
        self._url: str | None = None
        self._pollers = ThreadPoolExecutor(POLLERS, thread_name_prefix=f"poll-{name}")

    def close(self) -> None:
        """End the polling threads without waiting for polls under way."""
        self._pollers.shutdown(wait=False, cancel_futures=True)

    async def send(self, body: str, attributes: Mapping[str, str] | None = None) -> None:
        """Put one message on the queue, durably once this returns.

        Raises:
            StoreUnavailable: the queue did not take it, or there is no such queue.
        """
        given = (attributes or {}).items()
        await self._call(
            self._clients.sqs.send_message,
            MessageBody=body,
            MessageAttributes={n: {"DataType": "String", "StringValue": v} for n, v in given},
        )

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        """Poll for up to `limit` (at most 10) messages for up to `wait_s` (at most 20) seconds.

        Cancelling gives back what the poll still brings, at once instead of after `visibility_s`.

        Raises:
            StoreUnavailable: the queue did not answer, or there is no such queue.
        """
        url = await self._address()
        poll = partial(
            self._clients.sqs.receive_message,
            QueueUrl=url,
            MaxNumberOfMessages=min(limit, BATCH),
            WaitTimeSeconds=min(wait_s, LONGEST_POLL_S),
            VisibilityTimeout=visibility_s,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        polling = self._pollers.submit(poll)
        try:
            answer = await asyncio.wrap_future(polling)
        except asyncio.CancelledError:
            polling.add_done_callback(partial(self._give_back, url))
            raise
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(error) from error
        return [_read(message) for message in answer.get("Messages", [])]

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        """Acknowledge messages; one that is gone already, or was taken over, is no error.

        Raises:
            StoreUnavailable: the queue did not answer for some of them.
        """
        for start in range(0, len(messages), BATCH):
            batch = messages[start : start + BATCH]
            answer = await self._call(
                self._clients.sqs.delete_message_batch,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": message.receipt}
                    for index, message in enumerate(batch)
                ],
            )
            ours = [f for f in answer.get("Failed", []) if not f["SenderFault"]]
            if ours:
                message = f"{self._name}: {len(ours)} messages not deleted: {ours[0]['Code']}"
                raise StoreUnavailable(message)

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        """Hide a message for that long from now; 0 shows it. One that is gone is no error.

        Raises:
            StoreUnavailable: the queue did not answer.
        """
        try:
            await self._call(
                self._clients.sqs.change_message_visibility,
                ReceiptHandle=message.receipt,
                VisibilityTimeout=visibility_s,
            )
        except StoreUnavailable as error:
            if error_code(error.__cause__) not in NOT_IN_FLIGHT:
                raise

    async def _call(self, operation: Any, **arguments: Any) -> Any:
        url = await self._address()
        try:
            return await self._clients.call(operation, QueueUrl=url, **arguments)
        except StoreUnavailable as error:
            raise self._unavailable(error.__cause__) from error.__cause__

    async def _address(self) -> str:
        if self._url is None:
            try:
                answer = await self._clients.call(
                    self._clients.sqs.get_queue_url, QueueName=self._name
                )
            except StoreUnavailable as error:
                raise self._unavailable(error.__cause__) from error.__cause__
            self._url = answer["QueueUrl"]
        return self._url

    def _unavailable(self, error: BaseException | None) -> StoreUnavailable:
        if error_code(error) in MISSING:
            self._url = None
            return StoreUnavailable(f"there is no queue {self._name}: run `orders provision`")
        return StoreUnavailable(f"queue {self._name}: {error}")

    def _give_back(self, url: str, polling: "Future[Any]") -> None:
        if polling.cancelled() or polling.exception() is not None:
            return
        for message in polling.result().get("Messages", []):
            self._clients.sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )


def _read(message: "MessageTypeDef") -> QueueMessage:
    attributes = message.get("MessageAttributes", {})
    return QueueMessage(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        receives=int(message["Attributes"]["ApproximateReceiveCount"]),
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
    )
