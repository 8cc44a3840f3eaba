"""Runs one consumer on one queue: polls, handles, acknowledges, and drains when told to stop."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consumers.batch import Job, Planner
from consumers.contract import ConsumerContract, NotYet
from consumers.metrics import ConsumerMetrics, Outcome
from consumers.turns import Turns
from domain.errors import ServiceUnavailable
from domain.ports import Clock, MessageQueue, QueueMessage

logger = logging.getLogger(__name__)

BATCH = 10
"""SQS gives at most ten messages at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast and how patiently a runner works.

    Attributes:
        wait_s: long poll; also how long a stop waits for a poll under way.
        batches: batches in flight at once; while so many are, nothing more is received.
        first_hide_s, longest_hide_s: a failed message stays away for `first * 2^(receives-1)`; one
            that cannot be read stays away for `first_hide_s` only: waiting does not mend it.
        handler_deadline_s: a handler that takes longer has failed.
        longest_pause_s: while a service is away, polling slows down to this, so that an outage
            does not use up the receives of healthy messages.
        drain_s: how long running handlers may take to end after a stop.
        give_back_s: how long may be spent after that on what did not end: its messages come back
            by themselves, so nothing that hangs may hold up the end of the process.
    """

    wait_s: int = 2
    batches: int = 4
    first_hide_s: float = 1
    longest_hide_s: int = 300
    handler_deadline_s: float = 60
    first_pause_s: float = 0.5
    longest_pause_s: float = 20
    drain_s: float = 7
    give_back_s: float = 1

    @property
    def deadline_s(self) -> float:
        """Return the longest time from a stop to the end of `run`."""
        return self.wait_s + self.drain_s + 3 * self.give_back_s

    def hide_s(self, receives: int) -> int:
        """Return for how long a message that failed now stays away."""
        return min(self.longest_hide_s, int(self.first_hide_s * 2.0 ** min(receives - 1, 20)))

    def pause_s(self, failures: int) -> float:
        """Return the pause after this many polls in a row met a service that is away."""
        return min(self.longest_pause_s, self.first_pause_s * 2.0 ** min(failures - 1, 20))


class Runner:
    """At least once, per-order order kept within a batch, one handler per order at a time.

    A message is acknowledged only after its handler returned. One that cannot be read or keeps
    failing is left to the queue's redrive policy; its neighbours go on.
    """

    def __init__(
        self,
        *,
        contract: ConsumerContract,
        queue: MessageQueue,
        plan: Planner,
        metrics: ConsumerMetrics,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        self._contract = contract
        self._queue = queue
        self._plan = plan
        self._metrics = metrics
        self._clock = clock
        self._pace = pace or Pace()
        self.turns = Turns()
        self._failures_in_a_row = 0
        self._rest_due = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what has begun, within `deadline_s` in all."""
        batches: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            await self._make_room(batches, stop)
            messages = await self._receive_until(stop)
            if messages and stop.is_set():
                await self._give_back(messages)
            elif messages:
                task = asyncio.create_task(self.process(messages))
                batches.add(task)
                task.add_done_callback(batches.discard)
            await self._rest(stop)
        await self._drain(batches)

    async def process(self, messages: Sequence[QueueMessage]) -> None:
        """Handle one batch and acknowledge what is done. Never raises but when cancelled."""
        name = self._contract.name
        waiting = {message.receipt: message for message in messages}
        extending = asyncio.create_task(self._extend(waiting))
        self._metrics.batches_in_flight.labels(name).inc()
        try:
            plan = self._plan(messages)
            for message, reason in plan.unreadable:
                await self._refuse(message, reason, waiting)
            done = list(plan.ignored)
            self._metrics.count(name, Outcome.IGNORED, len(done))
            results = await asyncio.gather(*(self._do(job, waiting) for job in plan.jobs))
            done += [message for result in results for message in result.done]
            self._note_services(away=any(result.away for result in results))
            await self._acknowledge(done)
        except asyncio.CancelledError:
            await self._give_back(list(waiting.values()))
            raise
        finally:
            extending.cancel()
            self._metrics.batches_in_flight.labels(name).dec()

    async def _do(self, job: Job, waiting: dict[str, QueueMessage]) -> "_Result":
        try:
            async with self.turns.of(job.key), asyncio.timeout(self._pace.handler_deadline_s):
                await job.run()
        except Exception as error:  # noqa: BLE001 - any failure of a handler must leave the others alone
            away = isinstance(error, ServiceUnavailable)
            if job.parts and not away:
                return await self._do_parts(job, waiting)
            await self._fail(job, error, waiting)
            return _Result(away=away)
        self._metrics.count(self._contract.name, Outcome.HANDLED, len(job.messages))
        if job.since is not None:
            lag = (self._clock.now() - job.since).total_seconds()
            self._metrics.lag_s.labels(self._contract.name).observe(max(0.0, lag))
        return _Result(done=job.messages)

    async def _do_parts(self, job: Job, waiting: dict[str, QueueMessage]) -> "_Result":
        results = [await self._do(part, waiting) for part in job.parts]
        done = [message for result in results for message in result.done]
        return _Result(done=done, away=any(result.away for result in results))

    async def _fail(self, job: Job, error: Exception, waiting: dict[str, QueueMessage]) -> None:
        foreseen = isinstance(error, ServiceUnavailable | NotYet)
        self._metrics.count(self._contract.name, Outcome.FAILED, len(job.messages))
        logger.log(
            logging.WARNING if foreseen else logging.ERROR,
            "consumer_job_failed",
            extra={
                "consumer": self._contract.name,
                "subject": job.subject,
                "error": type(error).__name__,
                "reason": str(error)[:200] if foreseen else "",
                "receives": max(message.receives for message in job.messages),
            },
            exc_info=None if foreseen else error,
        )
        for message in job.messages:
            await self._send_back(message, waiting, self._pace.hide_s(message.receives))

    async def _refuse(
        self, message: QueueMessage, reason: str, waiting: dict[str, QueueMessage]
    ) -> None:
        self._metrics.count(self._contract.name, Outcome.UNREADABLE, 1)
        logger.error(
            "consumer_message_unreadable",
            extra={
                "consumer": self._contract.name,
                "message_id": message.message_id,
                "reason": reason[:200],
                "receives": message.receives,
            },
        )
        await self._send_back(message, waiting, self._pace.hide_s(receives=1))

    async def _send_back(
        self, message: QueueMessage, waiting: dict[str, QueueMessage], hide_s: int
    ) -> None:
        waiting.pop(message.receipt, None)
        await self._hide([message], hide_s)

    async def _receive_until(self, stop: asyncio.Event) -> Sequence[QueueMessage]:
        """Poll; after a stop only for as long as a poll takes, for one that hangs is given up."""
        polling = asyncio.create_task(self._receive())
        try:
            await _first_of(stop, polling)
            if stop.is_set():
                patience_s = self._pace.wait_s + self._pace.give_back_s
                await asyncio.wait({polling}, timeout=patience_s)
        finally:
            if not polling.done():
                polling.cancel()
        return polling.result() if polling.done() else ()

    async def _receive(self) -> Sequence[QueueMessage]:
        try:
            messages = await self._queue.receive(
                limit=BATCH, wait_s=self._pace.wait_s, visibility_s=self._contract.visibility_s
            )
        except Exception as error:  # noqa: BLE001 - the queue's absence must not end the consumer
            self._note_services(away=True)
            self._log_queue_trouble("receive", error)
            return ()
        return messages

    async def _acknowledge(self, messages: Sequence[QueueMessage]) -> None:
        if not messages:
            return
        try:
            await self._queue.delete(messages)
        except Exception as error:  # noqa: BLE001 - they come back, and a repeat changes nothing
            self._log_queue_trouble("delete", error)

    async def _give_back(self, messages: Sequence[QueueMessage]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.give_back_s):
                await asyncio.gather(*(self._hide([message], 0) for message in messages))

    async def _hide(self, messages: Sequence[QueueMessage], visibility_s: int) -> None:
        for message in messages:
            try:
                await self._queue.hide(message, visibility_s)
            except Exception as error:  # noqa: BLE001 - it comes back by its visibility timeout
                self._log_queue_trouble("hide", error)

    def _log_queue_trouble(self, call: str, error: Exception) -> None:
        logger.warning(
            "consumer_queue_trouble",
            extra={
                "consumer": self._contract.name,
                "call": call,
                "error": type(error).__name__,
                "reason": str(error)[:200],
            },
        )

    async def _extend(self, waiting: dict[str, QueueMessage]) -> None:
        """Keep the batch hidden while its handlers run."""
        while True:
            await asyncio.sleep(self._contract.visibility_s / 2)
            await self._hide(list(waiting.values()), self._contract.visibility_s)

    def _note_services(self, *, away: bool) -> None:
        self._failures_in_a_row = self._failures_in_a_row + 1 if away else 0
        self._rest_due = away

    async def _make_room(self, batches: set[asyncio.Task[None]], stop: asyncio.Event) -> None:
        while len(batches) >= self._pace.batches and not stop.is_set():
            await _first_of(stop, *batches)

    async def _rest(self, stop: asyncio.Event) -> None:
        if self._rest_due:
            self._rest_due = False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pace.pause_s(self._failures_in_a_row))

    async def _drain(self, batches: set[asyncio.Task[None]]) -> None:
        if not batches:
            return
        _, late = await asyncio.wait(batches, timeout=self._pace.drain_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=self._pace.give_back_s)
        logger.info(
            "consumer_drained", extra={"consumer": self._contract.name, "cancelled": len(late)}
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Result:
    """What a job's messages may be acknowledged, and whether a service was away."""

    done: Sequence[QueueMessage] = ()
    away: bool = False


async def _first_of(stop: asyncio.Event, *tasks: asyncio.Task[Any]) -> None:
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
