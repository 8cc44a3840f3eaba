"""One reader of one order: a cursor, a small backlog, and the rule that decides what is sent.

The log is the real buffer. Whatever cannot be held here, was lost on the way, or comes over a hole,
is read from the log at the cursor, so a reader misses nothing and gets nothing twice.
"""

import asyncio
import random
import time
from collections import deque
from typing import Protocol

from domain.catch_up import Attached, Mode, contiguous
from domain.errors import OrderNotFound, ServiceUnavailable
from domain.ports import Caller, Position
from domain.ports.envelopes import Enveloped
from tracking.following.backlog import Backlog
from tracking.following.batch import Batch
from tracking.following.fanout import Fanout
from tracking.following.reading import Reading
from tracking.metrics import TrackingMetrics

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
TOLERATED_CHECKS = 1
"""So many position checks may find the view behind its reader: it may merely be late."""


class Sink(Protocol):
    """Where a follower's frames go. Each call returns once the frame is with the socket."""

    async def subscribed(self, order_id: str, attachment: Attached[Enveloped]) -> None:
        """Send the verdict."""
        ...

    async def events(self, batch: Batch) -> None:
        """Send contiguous events."""
        ...

    async def live(self, order_id: str, position: Position) -> None:
        """Tell that the reader has caught up."""
        ...

    async def refused(self, order_id: str, problem: Exception) -> None:
        """Tell that the order cannot be followed."""
        ...


class Follower:
    """Keeps one reader at the head of one order."""

    def __init__(
        self,
        order_id: str,
        since: Position | None,
        *,
        caller: Caller,
        sink: Sink,
        services: "FollowingServices",
        backlog: Backlog,
    ) -> None:
        """Follow from a position, or from a snapshot; nothing happens before `run`."""
        self.order_id = order_id
        self.since = since
        self.cursor: Position | None = None
        self._caller = caller
        self._sink = sink
        self._services = services
        self._metrics = services.metrics
        self._backlog = backlog
        self._waiting: deque[Batch] = deque()
        self._behind = False
        self._checked = False
        self._checks_ahead = 0
        self._stopped = False
        self._woken = asyncio.Event()

    @property
    def room(self) -> str:
        """Return where it listens."""
        return self.order_id

    async def run(self) -> None:
        """Attach, then deliver until stopped or cancelled. Refusals go to the sink."""
        async with self._services.fanout.following(self):
            try:
                await self._attach()
                while not self._stopped:
                    await self._woken.wait()
                    self._woken.clear()
                    await self._deliver()
            except (OrderNotFound, ServiceUnavailable) as problem:
                await self._sink.refused(self.order_id, problem)
            finally:
                self._forget_waiting()

    def stop(self) -> None:
        """End `run` after the frame that is being sent."""
        self._stopped = True
        self._woken.set()

    # --- what the fan-out says; called from its reader, so never waiting -------------------------

    def offer(self, batch: Batch) -> None:
        """Take announced events; too many of them are dropped and read from the log later."""
        if self._behind:
            return  # the log is read next anyway, and it knows these already
        if self._backlog.take(batch):
            self._waiting.append(batch)
        else:
            self._metrics.backlogs_dropped.inc()
            self.fall_behind()
        self._woken.set()

    def compare(self, head: Position) -> None:
        """Compare the cursor with the view's head: the last announcement may have been lost."""
        if self.cursor == head:
            self._checks_ahead = 0
            return
        if self.cursor is not None and _is_ahead(self.cursor, head):
            self._checks_ahead += 1
            if self._checks_ahead <= TOLERATED_CHECKS:
                return
        self._checked = True
        self.fall_behind()

    def fall_behind(self) -> None:
        """Forget what waits and read the log from the cursor."""
        self._behind = True
        self._forget_waiting()
        self._woken.set()

    def _forget_waiting(self) -> None:
        while self._waiting:
            self._backlog.give_back(self._waiting.popleft())

    # --- attaching and delivering, all in one task -----------------------------------------------

    async def _attach(self) -> None:
        started = time.monotonic()
        attachment = await self._services.reading.attach(self.order_id, self._caller, self.since)
        await self._take_up(attachment, announce=True)
        self._metrics.attach_s.observe(time.monotonic() - started)

    async def _take_up(self, attachment: Attached[Enveloped], *, announce: bool) -> None:
        """Bring the reader to an attachment's position; a verdict is sent if it is news."""
        resumed = attachment.mode is Mode.RESUMED
        cursor = (self.cursor or self.since) if resumed else attachment.position
        if announce or not resumed:
            self._metrics.verdicts.labels(attachment.mode.value).inc()
            await self._sink.subscribed(self.order_id, attachment)
        self.cursor = cursor
        if attachment.events:
            self._metrics.replays.inc()
            await self._send(Batch(attachment.events), "log")
        if self._stopped:
            return
        if announce or not resumed:
            self._metrics.catch_up_events.observe(len(attachment.events))
            await self._sink.live(self.order_id, attachment.position)

    async def _deliver(self) -> None:
        while (self._behind or self._waiting) and not self._stopped:
            if self._behind:
                await self._catch_up()
            else:
                batch = self._waiting.popleft()
                self._backlog.give_back(batch)
                await self._apply(batch)

    async def _catch_up(self) -> None:
        """Read the log from the cursor, however long that takes."""
        pause = FIRST_PAUSE_S
        while not self._stopped:
            # Cleared before the read: what is announced from here on may be missing in its answer.
            self._behind = False
            try:
                attachment = await self._services.reading.attach(
                    self.order_id, self._caller, self.cursor
                )
            except ServiceUnavailable:
                self.fall_behind()
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - jitter, no secret
                pause = min(LONGEST_PAUSE_S, pause * 2)
                continue
            await self._heal(attachment)
            return

    async def _heal(self, attachment: Attached[Enveloped]) -> None:
        checked, self._checked = self._checked, False
        if self.cursor is not None and _is_ahead(self.cursor, attachment.position):
            if self._checks_ahead <= TOLERATED_CHECKS:
                return  # the view is late; should it stay so, the next check will reset the reader
            self._checks_ahead = 0
        if checked and (attachment.events or attachment.mode is not Mode.RESUMED):
            self._metrics.gaps_healed.inc()
        await self._take_up(attachment, announce=False)

    async def _apply(self, batch: Batch) -> None:
        """Send what follows the cursor; drop what is known; read the log over a hole."""
        cursor = self.cursor
        if cursor is None or batch.end.epoch < cursor.epoch:
            return
        if batch.end.epoch > cursor.epoch:
            self.fall_behind()
            return
        run = contiguous(batch.events, cursor)
        self._metrics.repeats_dropped.inc(
            sum(event.sequence <= cursor.sequence for event in batch.events)
        )
        if run:
            same = len(run) == len(batch.events)
            await self._send(batch if same else Batch(run), "announcement")
            happened_at = batch.happened_at.timestamp()
            self._metrics.event_age_s.observe(max(0.0, time.time() - happened_at))
        if self.cursor is not None and batch.end.sequence > self.cursor.sequence:
            self.fall_behind()

    async def _send(self, batch: Batch, source: str) -> None:
        for part in batch.parts(self._services.events_per_frame):
            if self._stopped:
                return
            await self._sink.events(part)
            # Only now: a frame is either with the socket or, when cancelled, not sent at all.
            self.cursor = part.end
            self._metrics.delivered.labels(source).inc(len(part.events))


class FollowingServices:
    """What all followers of a process share."""

    def __init__(
        self, *, reading: Reading, fanout: Fanout, metrics: TrackingMetrics, events_per_frame: int
    ) -> None:
        """Share these."""
        self.reading = reading
        self.fanout = fanout
        self.metrics = metrics
        self.events_per_frame = events_per_frame


def _is_ahead(cursor: Position, head: Position) -> bool:
    return cursor.epoch == head.epoch and cursor.sequence > head.sequence
