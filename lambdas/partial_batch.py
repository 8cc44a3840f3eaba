"""A batch of an SQS event source: what was handled, and what the queue shall bring again.

The same plan of work as in a server's runner (`consumers.batch`); here Lambda deletes what is not
named in the answer, and the queue's visibility timeout decides when the others come back.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from consumers.batch import Job, Plan
from consumers.contract import NotYet
from domain.errors import ServiceUnavailable
from domain.ports import QueueMessage

logger = logging.getLogger(__name__)

Json = dict[str, Any]

FOREIGN: Final = "not an event of an SQS event source"


class Malformed(Exception):
    """The event is not from an SQS event source. The whole batch fails and is not lost."""


def read_messages(event: object) -> list[QueueMessage]:
    """Return the messages in an event.

    Raises:
        Malformed: it is none, or a record has no id under which its failure could be told.
    """
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, Sequence) or isinstance(records, str):
        message = f"{FOREIGN}: no list `Records`"
        raise Malformed(message)
    return [_message(record) for record in records]


async def failed_in(plan: Plan, *, within_s: float) -> list[str]:
    """Do the work of a batch; return the ids of the messages that were not handled.

    Whatever is not done after `within_s` is broken off and counts as not handled: its messages come
    again, and a repeat changes nothing. Never raises but when cancelled.
    """
    for message, reason in plan.unreadable:
        _say_failed(message.message_id, [message], f"cannot be read: {reason}")
    results = await asyncio.gather(*(_failures(job, within_s) for job in plan.jobs))
    unreadable = [message for message, _ in plan.unreadable]
    return [message.message_id for messages in (unreadable, *results) for message in messages]


def answer(failed: Sequence[str]) -> Json:
    """Return what the event source reads with `ReportBatchItemFailures`."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


async def _failures(job: Job, within_s: float) -> Sequence[QueueMessage]:
    """Do one job; return its messages that were not handled.

    Where a job of several parts fails, they are tried one by one in their order, up to the first
    that fails: later news of the same order waits for it.
    """
    done: set[str] = set()
    try:
        async with asyncio.timeout(max(0.0, within_s)):
            await _do(job, done)
    except Exception as error:  # noqa: BLE001 - any failure of a handler must leave the others alone
        left = [message for message in job.messages if message.message_id not in done]
        _say_failed(job.subject, left, *_reason(error))
        return left
    return ()


async def _do(job: Job, done: set[str]) -> None:
    await asyncio.sleep(0)  # where no time is left, this ends it before anything has begun
    try:
        await job.run()
    except ServiceUnavailable:
        raise
    except Exception:
        if not job.parts:
            raise
    else:
        return
    for part in job.parts:
        await part.run()
        done.update(message.message_id for message in part.messages)


def _reason(error: Exception) -> tuple[str, Exception | None]:
    """Return what is logged of an error: foreseen ones name no personal data, others are traced."""
    if isinstance(error, TimeoutError):
        return "no time left", None
    foreseen = isinstance(error, ServiceUnavailable | NotYet)
    text = f"{type(error).__name__}{f': {error}' if foreseen else ''}"
    return text, None if foreseen else error


def _say_failed(
    subject: str, messages: Sequence[QueueMessage], reason: str, error: Exception | None = None
) -> None:
    logger.log(
        logging.WARNING if error is None else logging.ERROR,
        "consumer_job_failed",
        extra={
            "subject": subject,
            "reason": reason[:200],
            "messages": len(messages),
            "receives": max((message.receives for message in messages), default=0),
        },
        exc_info=error,
    )


def _message(record: object) -> QueueMessage:
    if not isinstance(record, Mapping) or not isinstance(record.get("messageId"), str):
        message = f"{FOREIGN}: a record without `messageId`"
        raise Malformed(message)
    body, system = record.get("body"), record.get("attributes")
    receives = system.get("ApproximateReceiveCount") if isinstance(system, Mapping) else None
    return QueueMessage(
        message_id=record["messageId"],
        receipt=str(record.get("receiptHandle") or ""),
        body=body if isinstance(body, str) else "",
        receives=int(receives) if isinstance(receives, str) and receives.isdecimal() else 1,
        attributes={},
    )
