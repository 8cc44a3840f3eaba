"""A webhook from gateway to queue: verify, judge, queue, answer. Nothing is interpreted here.

The same judgement as that of the server's routes (`domain.webhooks`), and the same answers.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from domain.webhooks import UNREADABLE, UNSIGNED, Judgement, judge
from lambdas.gateway import LONGEST_BODY, Json, Malformed, Problem, Request, answer, read_request
from lambdas.queue_sender import SEND_DEADLINE_S, QueueSender, QueueUnavailable, credentials_in

TIME_TO_ANSWER_S: Final = 0.5
"""Kept back from what is left of the invocation, so that a slow queue still ends in a 503."""
UNAVAILABLE: Final = "unavailable"

MALFORMED_BODY: Final = Problem(400, "malformed-body", "The body is not JSON")
METHOD_NOT_ALLOWED: Final = Problem(
    405, "method-not-allowed", "The method is not allowed here", headers=(("Allow", "POST"),)
)
BODY_TOO_LARGE: Final = Problem(
    413,
    "body-too-large",
    "The body is too large",
    f"the body is longer than {LONGEST_BODY // 1024 // 1024} MiB, or did not arrive in time",
    (("Connection", "close"),),
)
WEBHOOK_UNREADABLE: Final = Problem(
    400, "webhook-unreadable", "The webhook is signed but unreadable"
)
WEBHOOK_UNSIGNED: Final = Problem(401, "webhook-unsigned", "The webhook is not from whom it claims")
SERVICE_UNAVAILABLE: Final = Problem(
    503,
    "service-unavailable",
    "A service behind us gave no answer",
    headers=(("Retry-After", "2"),),
)


class Misconfigured(Exception):
    """Variables of the function's environment are missing; names each."""


class Context(Protocol):
    """What the runtime says of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the runtime ends the invocation."""
        ...


class Receiver:
    """Answers one source's webhooks.

    Args:
        source: whose webhooks these are; also the label of what is counted.
        genuine: tells whether a request comes from the source.
        refusal: the sentence that a stranger reads.
        sender: the queue.
    """

    def __init__(
        self,
        source: str,
        *,
        genuine: Callable[[Request], bool],
        refusal: str,
        sender: QueueSender,
        event_id_header: str | None = None,
    ) -> None:
        self._source = source
        self._genuine = genuine
        self._refusal = refusal
        self._sender = sender
        self._event_id_header = event_id_header

    def handle(self, event: object, context: Context | None) -> Json:
        """Answer one request; never raises. 503 only when the queue did not take the message."""
        began = time.monotonic()
        outcome, reply = self._answer(event, context)
        say(
            event="webhook_answered",
            source=self._source,
            outcome=outcome,
            status=reply["statusCode"],
            took_ms=round((time.monotonic() - began) * 1000, 2),
        )
        return reply

    def close(self) -> None:
        """Drop the connection to the queue; the next webhook makes a new one."""
        self._sender.close()

    def _answer(self, event: object, context: Context | None) -> tuple[str, Json]:
        try:
            request = read_request(event)
        except Malformed as error:
            return "malformed", MALFORMED_BODY.answer(str(error))
        if request.method != "POST":
            return "not_post", METHOD_NOT_ALLOWED.answer()
        if len(request.body) > LONGEST_BODY:
            return "too_large", BODY_TOO_LARGE.answer()
        judgement = self._judge(request)
        try:
            if judgement.message is not None:
                self._sender.send(judgement.message, within_s=_time_to_send_s(context))
        except QueueUnavailable as error:
            say(event="webhook_not_queued", source=self._source, reason=str(error)[:300])
            return UNAVAILABLE, SERVICE_UNAVAILABLE.answer()
        return judgement.outcome, self._reply(judgement)

    def _judge(self, request: Request) -> Judgement:
        name = self._event_id_header
        return judge(
            self._source,
            request.body,
            genuine=self._genuine(request),
            received_at=datetime.now(UTC),
            event_id=request.headers.get(name) if name else None,
        )

    def _reply(self, judgement: Judgement) -> Json:
        if judgement.outcome == UNSIGNED:
            return WEBHOOK_UNSIGNED.answer(self._refusal)
        if judgement.outcome == UNREADABLE and judgement.status != 200:  # noqa: PLR2004 - HTTP
            return WEBHOOK_UNREADABLE.answer()
        return answer(judgement.status, {"received": True})


def sender_in(env: Mapping[str, str]) -> QueueSender:
    """Return a sender to the queue that the environment names.

    Raises:
        Misconfigured: a variable is missing.
    """
    needed(env, "WEBHOOK_INBOX_URL", "AWS_REGION")
    return QueueSender(
        env["WEBHOOK_INBOX_URL"],
        region=env["AWS_REGION"],
        credentials=lambda: credentials_in(env),
        endpoint_url=env.get("AWS_ENDPOINT_URL") or None,
    )


def needed(env: Mapping[str, str], *names: str) -> None:
    """Check that variables are set.

    Raises:
        Misconfigured: names those that are not.
    """
    if missing := [name for name in names if not env.get(name, "").strip()]:
        message = f"{', '.join(missing)} not set: set it in the function's environment"
        raise Misconfigured(message)


def say(**fields: Any) -> None:
    """Write one line of JSON to the function's log; never secrets, bodies or headers."""
    sys.stdout.write(json.dumps(fields, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _time_to_send_s(context: Context | None) -> float:
    if context is None:
        return SEND_DEADLINE_S
    left_s = context.get_remaining_time_in_millis() / 1000 - TIME_TO_ANSWER_S
    return min(SEND_DEADLINE_S, left_s)
