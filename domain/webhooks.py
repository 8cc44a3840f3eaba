"""What every receiver of webhooks does, the server's routes and the functions alike: verify, judge.

Standard library only, and little of it: functions load this before their first answer. So the
result is a named tuple here; `dataclasses` alone would load fourteen more modules.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

RAZORPAY: Final = "razorpay"
COURIER: Final = "courier"

QUEUED: Final = "queued"
UNSIGNED: Final = "unsigned"
UNREADABLE: Final = "unreadable"

LONGEST_EVENT_ID: Final = 128
LONGEST_MESSAGE: Final = 1024 * 1024
"""What SQS takes; real webhooks have a few kilobytes."""


class Judgement(NamedTuple):
    """What becomes of a webhook.

    Attributes:
        status: the HTTP status of the answer, if the message can be queued.
        outcome: `queued`, `unsigned` or `unreadable`; also the label that is counted.
        message: to be put on the inbox before the answer; None when there is nothing to queue.
    """

    status: int
    outcome: str
    message: str | None = None


def judge(
    source: str, body: bytes, *, genuine: bool, received_at: datetime, event_id: str | None = None
) -> Judgement:
    """Return what becomes of a webhook whose sender is `genuine` or not.

    Anything but 2xx makes the sender repeat and at last switch the webhook off. The courier gets
    200 for whatever it sends under its key; Razorpay hears that a signed body cannot be read.
    """
    if not genuine:
        return Judgement(401, UNSIGNED)
    message = inbox_message(source, body, event_id, received_at)
    if message is None:
        return Judgement(400 if source == RAZORPAY else 200, UNREADABLE)
    return Judgement(200, QUEUED, message)


def verify_signature(raw_body: bytes, signature: str | None, secrets: Iterable[str]) -> bool:
    """Tell whether a webhook's body, byte for byte as received, was signed with one of the secrets.

    After a rotation Razorpay signs repeats of old events with the old secret: pass both for a day.
    """
    matches = [fits(secret, raw_body, signature or "") for secret in secrets if secret]
    return any(matches)


def verify_token(given: str | None, expected: str) -> bool:
    """Tell whether the `x-api-key` is the token that was set in Shiprocket's panel."""
    if not expected:
        return False
    return hmac.compare_digest((given or "").encode("utf-8", "replace"), expected.encode())


def fits(secret: str, message: bytes, signature: str) -> bool:
    """Tell in constant time whether a signature is the HMAC-SHA256 of a message, lower-case hex."""
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text beyond ASCII, which anybody may send.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def inbox_message(
    source: str, body: bytes, event_id: str | None, received_at: datetime
) -> str | None:
    """Return the message for the inbox, or None if the body is no JSON object or far too long.

    The body travels as text, byte for byte what was signed.
    """
    text = _readable(body)
    if text is None:
        return None
    message = {
        "source": source,
        "received_at": received_at.isoformat(),
        "event_id": (event_id or "")[:LONGEST_EVENT_ID] or _digest(body),
        "body": text,
    }
    written = json.dumps(message, separators=(",", ":"))
    return written if len(written) <= LONGEST_MESSAGE else None


def _readable(body: bytes) -> str | None:
    try:
        text = body.decode()
        return text if isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
