"""Events to SNS: one topic per type, in batches, with every partial failure noticed."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.aws.clients import AwsClients
from domain.errors import PublishIncomplete, StoreUnavailable
from domain.events import SCHEMA_VERSIONS, OrderEvent, topic
from domain.wire import dump_event

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

BATCH_ENTRIES = 10
LARGEST_BYTES = 262_144
"""SNS takes 256 KiB per message, and per batch as the sum of its messages with attributes."""
BATCH_BYTES = 250_000
"""A little less, for what SNS may count besides."""
ROUNDS_PAUSES_S = (0.0, 0.05, 0.2)
"""Before each round; what fails longer is left to the caller's retries."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Message:
    event: OrderEvent
    body: str
    size: int


class SnsEventPublisher:
    """An `EventPublisher`: each type's events in their order, the types side by side.

    Standard topics may reorder and repeat: the events carry id and sequence for that.
    """

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._arns: dict[str, str] = {}
        self._looking = asyncio.Lock()

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        """Publish events; only those that SNS did not accept are sent again within the call.

        Raises:
            PublishIncomplete: some were not accepted in any round (names them), or are larger than
                SNS can take (names them with their size; they are not sent); repeating the whole
                call is safe.
        """
        sized = [_message(event) for event in events]
        too_large = [each for each in sized if each.size > LARGEST_BYTES]
        waiting = [each for each in sized if each.size <= LARGEST_BYTES]
        reason = ""
        for pause_s in ROUNDS_PAUSES_S:
            if not waiting:
                break
            await asyncio.sleep(pause_s)
            waiting, reason = await self._publish_round(waiting, reason)
        if waiting or too_large:
            raise PublishIncomplete(_report(len(sized), waiting, reason, too_large))

    async def _publish_round(
        self, messages: Sequence[_Message], reason: str
    ) -> tuple[list[_Message], str]:
        results = await asyncio.gather(
            *(self._publish_topic(name, batches) for name, batches in _by_topic(messages).items())
        )
        failed = {message.event.id for failures, _ in results for message in failures}
        reasons = [text for _, text in results if text]
        waiting = [message for message in messages if message.event.id in failed]
        return waiting, (reasons or [reason])[0]

    async def _publish_topic(
        self, name: str, batches: Sequence[Sequence[_Message]]
    ) -> tuple[list[_Message], str]:
        """Send a topic's batches one after the other; return what was not accepted, and why."""
        failed: list[_Message] = []
        reason = ""
        for batch in batches:
            try:
                arn = await self._arn(name)
                answer = await self._clients.call(
                    self._clients.sns.publish_batch,
                    TopicArn=arn,
                    PublishBatchRequestEntries=[_entry(i, m) for i, m in enumerate(batch)],
                )
            except StoreUnavailable as error:
                # The topic may have been made anew elsewhere: look it up again.
                self._arns.pop(name, None)
                failed.extend(batch)
                reason = str(error)
                continue
            for entry in answer.get("Failed", []):
                failed.append(batch[int(entry["Id"])])
                reason = f"{entry['Code']}: {entry.get('Message', '')}"
        return failed, reason

    async def _arn(self, name: str) -> str:
        if name not in self._arns:
            async with self._looking:
                if name not in self._arns:
                    self._arns = await self._clients.call(self._list_arns)
        if name not in self._arns:
            message = f"there is no topic {name}: run `orders provision`"
            raise StoreUnavailable(message)
        return self._arns[name]

    def _list_arns(self) -> dict[str, str]:
        pages = self._clients.sns.get_paginator("list_topics").paginate()
        arns = [item["TopicArn"] for page in pages for item in page["Topics"]]
        return {arn.rpartition(":")[2]: arn for arn in arns}


def _report(
    total: int, waiting: Sequence[_Message], reason: str, too_large: Sequence[_Message]
) -> str:
    ids = ", ".join(message.event.id for message in waiting)
    refused = f"{len(waiting)} of {total} events were not accepted ({reason}): {ids}"
    sizes = ", ".join(f"{message.event.id} has {message.size:,} bytes" for message in too_large)
    never = f"SNS takes at most {LARGEST_BYTES:,} bytes, not sent: {sizes}"
    return "; ".join([*([refused] if waiting else []), *([never] if too_large else [])])


def _message(event: OrderEvent) -> _Message:
    body = dump_event(event)
    attributes = "".join(f"{name}String{value}" for name, value in _attributes(event).items())
    size = len(body.encode()) + len(attributes.encode())
    return _Message(event=event, body=body, size=size)


def _by_topic(messages: Sequence[_Message]) -> dict[str, list[list[_Message]]]:
    by_topic: dict[str, list[_Message]] = defaultdict(list)
    for message in messages:
        by_topic[topic(message.event.type)].append(message)
    return {name: list(_batches(of_topic)) for name, of_topic in by_topic.items()}


def _batches(messages: Sequence[_Message]) -> Iterator[list[_Message]]:
    batch: list[_Message] = []
    size = 0
    for message in messages:
        if batch and (len(batch) == BATCH_ENTRIES or size + message.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message.size
    if batch:
        yield batch


def _attributes(event: OrderEvent) -> dict[str, str]:
    return {
        "type": event.type.value,
        "status": event.data.status.value,
        "schema_version": str(SCHEMA_VERSIONS[event.type]),
    }


def _entry(index: int, message: _Message) -> "PublishBatchRequestEntryTypeDef":
    return {
        "Id": str(index),
        "Message": message.body,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in _attributes(message.event).items()
        },
    }
