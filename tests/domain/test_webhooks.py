import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from domain.webhooks import (
    COURIER,
    LONGEST_EVENT_ID,
    LONGEST_MESSAGE,
    RAZORPAY,
    Judgement,
    inbox_message,
    judge,
    verify_signature,
    verify_token,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BODY = b'{"event": "payment.captured"}'


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message_of(body: bytes, event_id: str | None = None) -> dict[str, str]:
    written = inbox_message(RAZORPAY, body, event_id, NOW)
    assert written is not None
    message: dict[str, str] = json.loads(written)
    return message


@pytest.mark.parametrize("source", [RAZORPAY, COURIER])
def test_a_stranger_is_refused_before_anything_is_read(source: str) -> None:
    assert judge(source, b"\xff", genuine=False, received_at=NOW) == Judgement(401, "unsigned")


@pytest.mark.parametrize("source", [RAZORPAY, COURIER])
def test_what_is_genuine_and_readable_is_queued_and_answered_with_200(source: str) -> None:
    judgement = judge(source, BODY, genuine=True, received_at=NOW, event_id="evt_1")
    assert (judgement.status, judgement.outcome) == (200, "queued")
    assert json.loads(judgement.message or "") == {
        "source": source,
        "received_at": "2026-11-23T12:00:00+00:00",
        "event_id": "evt_1",
        "body": BODY.decode(),
    }


def test_only_razorpay_hears_that_a_body_cannot_be_read() -> None:
    asked = {
        source: judge(source, b"[]", genuine=True, received_at=NOW)
        for source in (RAZORPAY, COURIER)
    }
    assert asked == {RAZORPAY: Judgement(400, "unreadable"), COURIER: Judgement(200, "unreadable")}


@pytest.mark.parametrize("body", [b"", b"no", b"[]", b"1", b"\xff", BODY[:-1], b"[" * 100_000])
def test_a_body_that_is_no_json_object_makes_no_message(body: bytes) -> None:
    assert inbox_message(RAZORPAY, body, None, NOW) is None


def test_a_message_that_no_queue_takes_is_none() -> None:
    frame = len(inbox_message(COURIER, b'{"a":""}', "e", NOW) or "")
    fits = json.dumps({"a": "x" * (LONGEST_MESSAGE - frame)}, separators=(",", ":")).encode()
    assert len(inbox_message(COURIER, fits, "e", NOW) or "") == LONGEST_MESSAGE
    assert inbox_message(COURIER, fits.replace(b"xx", b"xxx", 1), "e", NOW) is None


def test_without_an_event_id_the_body_tells_repeats_apart() -> None:
    first, again, other = message_of(BODY), message_of(BODY, ""), message_of(b"{}")
    assert first["event_id"] == again["event_id"] == f"sha256:{hashlib.sha256(BODY).hexdigest()}"
    assert other["event_id"] != first["event_id"]


def test_an_endless_event_id_is_cut() -> None:
    assert message_of(BODY, "e" * 5000)["event_id"] == "e" * LONGEST_EVENT_ID


def test_the_signature_of_either_secret_is_good_and_no_other() -> None:
    assert verify_signature(BODY, sign(BODY, "old"), ["new", "old"])
    assert not verify_signature(BODY, sign(BODY, "old"), ["new"])
    assert not verify_signature(BODY + b" ", sign(BODY, "new"), ["new"])
    assert not verify_signature(BODY, sign(BODY, "new").upper(), ["new"])
    assert not verify_signature(BODY, "signatür", ["new"])
    assert not verify_signature(BODY, None, ["new"])


def test_a_secret_that_is_not_set_signs_nothing() -> None:
    assert not verify_signature(BODY, sign(BODY, ""), ["", ""])


def test_the_token_has_to_be_set_and_to_be_the_same() -> None:
    assert verify_token("token", "token")
    assert not verify_token("tokén", "token")
    assert not verify_token(None, "token")
    assert not verify_token("", "")
