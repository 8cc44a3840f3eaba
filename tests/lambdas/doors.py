"""The two doors through which webhooks come in: the server's routes, and the functions."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from consumers.webhook_inbox import InboxMessage, read_inbox_message
from domain.errors import StoreUnavailable
from domain.webhooks import COURIER, RAZORPAY
from lambdas import courier_webhook, razorpay_webhook
from sandbox.lambda_runtime.queue_stub import Mood, QueueStub
from tests.api.shop import COURIER_TOKEN, PREVIOUS_WEBHOOK_SECRET, WEBHOOK_SECRET, ShopFront

Json = dict[str, Any]
RECEIVERS = {RAZORPAY: razorpay_webhook.receiver_in, COURIER: courier_webhook.receiver_in}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the sender of a webhook is told. Of the headers those that a sender acts upon."""

    status: int
    media_type: str
    document: Json
    retry_after: str | None = None
    cache_control: str | None = None


class Door(Protocol):
    """Where a webhook knocks."""

    async def knock(
        self, source: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> Heard:
        """Hand in a webhook."""
        ...

    def queued(self) -> list[InboxMessage]:
        """Return what is on the queue."""
        ...

    def lose_queue(self) -> None:
        """Let the queue be away for one webhook."""
        ...


class ServerDoor:
    """The routes of the API, in process."""

    def __init__(self) -> None:
        self.front = ShopFront()

    async def knock(
        self, source: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> Heard:
        sent = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
        url = f"/webhooks/{source}"
        answer = await self.front.http.request(method, url, content=body, headers=sent)
        return Heard(
            status=answer.status_code,
            media_type=answer.headers["content-type"],
            document=answer.json(),
            retry_after=answer.headers.get("Retry-After"),
            cache_control=answer.headers.get("Cache-Control"),
        )

    def queued(self) -> list[InboxMessage]:
        waiting = self.front.inbox._waiting.values()
        return [read_inbox_message(each.message.body) for each in waiting]

    def lose_queue(self) -> None:
        self.front.inbox.fail("send", StoreUnavailable("away"))


EventMaker = Callable[[str, bytes, Mapping[str, str]], Json]


class FunctionDoor:
    """The functions' handlers, given events of one shape, sending to a queue over HTTP."""

    def __init__(self, queue: QueueStub, make_event: EventMaker) -> None:
        self._queue = queue
        self._make_event = make_event
        env = {
            razorpay_webhook.SECRET: WEBHOOK_SECRET,
            razorpay_webhook.PREVIOUS: PREVIOUS_WEBHOOK_SECRET,
            courier_webhook.TOKEN: COURIER_TOKEN,
            "WEBHOOK_INBOX_URL": queue.url,
            "AWS_REGION": "ap-south-1",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        self.receivers = {source: build(env) for source, build in RECEIVERS.items()}

    async def knock(
        self, source: str, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> Heard:
        reply = self.receivers[source].handle(self._make_event(method, body, headers), None)
        sent = {name.lower(): value for name, value in reply["headers"].items()}
        return Heard(
            status=reply["statusCode"],
            media_type=sent["content-type"],
            document=json_of(reply),
            retry_after=sent.get("retry-after"),
            cache_control=sent.get("cache-control"),
        )

    def queued(self) -> list[InboxMessage]:
        return [read_inbox_message(message) for message in self._queue.messages]

    def lose_queue(self) -> None:
        self._queue.moods = [Mood.BUSY, Mood.BUSY]

    def close(self) -> None:
        for receiver in self.receivers.values():
            receiver.close()


def json_of(reply: Json) -> Json:

    assert reply["isBase64Encoded"] is False
    document: Json = json.loads(reply["body"])
    return document


def rest_event(method: str, body: bytes, headers: Mapping[str, str]) -> Json:
    """API Gateway, payload 1.0: names of headers as they were sent, null for no headers."""
    return {
        "resource": "/webhooks/{source}",
        "path": "/webhooks/any",
        "httpMethod": method,
        "headers": {_title(name): value for name, value in headers.items()} or None,
        "multiValueHeaders": {_title(name): [value] for name, value in headers.items()} or None,
        "requestContext": {"stage": "live"},
        **_text_or_base64(body),
    }


def http_event(method: str, body: bytes, headers: Mapping[str, str]) -> Json:
    """API Gateway, payload 2.0, and function URLs: names of headers in lower case."""
    return {
        "version": "2.0",
        "rawPath": "/webhooks/any",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": "/webhooks/any"}},
        **_text_or_base64(body),
    }


def base64_event(method: str, body: bytes, headers: Mapping[str, str]) -> Json:
    """A gateway that takes every media type for binary."""
    encoded = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return http_event(method, b"", headers) | encoded


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _text_or_base64(body: bytes) -> Json:
    """Text travels as it is; a gateway encodes what is not UTF-8."""
    if not body:
        return {"body": None, "isBase64Encoded": False}
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


EVENTS: dict[str, EventMaker] = {
    "REST API": rest_event,
    "HTTP API": http_event,
    "base64": base64_event,
}
