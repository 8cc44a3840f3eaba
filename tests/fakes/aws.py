"""Topics, queues and files in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic

from domain.events import OrderEvent
from domain.ports import QueueMessage
from tests.fakes.event_forms import check_form
from tests.fakes.recording import Recorder


@dataclass
class FakeEventPublisher(Recorder):
    """An ``EventPublisher``; ``published`` holds every event as often as it went out.

    Each has to fit its schema: what a workflow says in a test is what consumers are promised.
    """

    published: list[OrderEvent] = field(default_factory=list)

    async def publish(self, events: Sequence[OrderEvent]) -> None:
        for event in events:
            check_form(event)
        async with self._call("publish", events=tuple(events)):
            self.published.extend(events)


@dataclass
class _Waiting:
    message: QueueMessage
    visible_at: float = 0.0


@dataclass
class FakeQueue(Recorder):
    """A ``MessageQueue``; it never waits, so an empty poll returns at once.

    With ``max_receive`` a message that was received as often goes to ``dead``.
    """

    max_receive: int | None = None
    dead: list[QueueMessage] = field(default_factory=list)
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def send(self, body: str, attributes: Mapping[str, str] | None = None) -> None:
        async with self._call("send", body=body, attributes=dict(attributes or {})):
            message_id = f"message-{next(self._numbers)}"
            message = QueueMessage(
                message_id=message_id,
                receipt="",
                body=body,
                receives=0,
                attributes=dict(attributes or {}),
            )
            self._waiting[message_id] = _Waiting(message=message)

    async def receive(
        self, *, limit: int, wait_s: int, visibility_s: int
    ) -> Sequence[QueueMessage]:
        async with self._call("receive", limit=limit, wait_s=wait_s, visibility_s=visibility_s):
            now = monotonic()
            visible = [one for one in self._waiting.values() if one.visible_at <= now]
            return [
                received
                for one in visible[: min(limit, 10)]
                if (received := self._take(one, now + visibility_s)) is not None
            ]

    async def delete(self, messages: Sequence[QueueMessage]) -> None:
        async with self._call("delete", messages=tuple(messages)):
            for message in messages:
                if self._is_current(message):
                    del self._waiting[message.message_id]

    async def hide(self, message: QueueMessage, visibility_s: int) -> None:
        async with self._call("hide", message=message, visibility_s=visibility_s):
            if self._is_current(message):
                self._waiting[message.message_id].visible_at = monotonic() + visibility_s

    @property
    def depth(self) -> int:
        """How many messages are on the queue, the hidden ones included."""
        return len(self._waiting)

    def _take(self, one: _Waiting, visible_at: float) -> QueueMessage | None:
        if self.max_receive is not None and one.message.receives >= self.max_receive:
            self.dead.append(one.message)
            del self._waiting[one.message.message_id]
            return None
        receives = one.message.receives + 1
        receipt = f"{one.message.message_id}-{receives}"
        one.message = replace(one.message, receives=receives, receipt=receipt)
        one.visible_at = visible_at
        return one.message

    def _is_current(self, message: QueueMessage) -> bool:
        waiting = self._waiting.get(message.message_id)
        return waiting is not None and waiting.message.receipt == message.receipt


@dataclass
class FakeFiles(Recorder):
    """A ``DocumentFiles``; ``stored`` maps keys to content and type."""

    stored: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        async with self._call("put", key=key, content_type=content_type):
            self.stored[key] = (content, content_type)

    async def url(self, key: str, expires_s: int, filename: str) -> str:
        async with self._call("url", key=key, expires_s=expires_s, filename=filename):
            return f"https://files.test/{key}?filename={filename}&expires={expires_s}"
