"""One suite over both receivers: whatever a sender does, server and functions answer the same."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from consumers.webhook_inbox import WebhookSource
from domain.webhooks import COURIER, RAZORPAY
from sandbox.lambda_runtime.queue_stub import QueueStub
from tests.api.shop import COURIER_TOKEN, PREVIOUS_WEBHOOK_SECRET, WEBHOOK_SECRET
from tests.lambdas.doors import EVENTS, Door, FunctionDoor, Heard, ServerDoor

SERVER = "server"
MIB = 1024 * 1024
CAPTURED = json.dumps(
    {"entity": "event", "event": "payment.captured", "payload": {}, "created_at": 1795449600}
).encode()
PARCEL = json.dumps({"awb": "59629792084", "current_status": "Delivered"}).encode()


@pytest.fixture(params=[SERVER, *EVENTS])
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    if request.param == SERVER:
        yield ServerDoor()
        return
    with QueueStub() as queue:
        door = FunctionDoor(queue, EVENTS[request.param])
        yield door
        door.close()


def sign(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def razorpay(
    door: Door, body: bytes, signature: str | None = None, event_id: str | None = "evt_1"
) -> Heard:
    headers = {
        "Content-Type": "application/json",
        "X-Razorpay-Signature": sign(body) if signature is None else signature,
    }
    if event_id is not None:
        headers["X-Razorpay-Event-Id"] = event_id
    return await door.knock(RAZORPAY, body, headers)


async def courier(door: Door, body: bytes, token: str | None = COURIER_TOKEN) -> Heard:
    headers = {"Content-Type": "application/json"}
    return await door.knock(COURIER, body, headers | ({"x-api-key": token} if token else {}))


def accepted(heard: Heard) -> bool:
    return (heard.status, heard.document) == (200, {"received": True})


def refused(heard: Heard, status: int, slug: str, title: str, detail: str | None = None) -> bool:
    assert heard == Heard(
        status=status,
        media_type="application/problem+json",
        document={
            "type": f"/problems/{slug}",
            "title": title,
            "status": status,
            "detail": detail or title,
        },
        retry_after="2" if status == 503 else None,
        cache_control="no-store",
    )
    return True


def unsigned(heard: Heard) -> bool:
    title = "The webhook is not from whom it claims"
    return refused(heard, 401, "webhook-unsigned", title, "the signature is missing or wrong")


def unreadable(heard: Heard) -> bool:
    return refused(heard, 400, "webhook-unreadable", "The webhook is signed but unreadable")


async def test_a_valid_webhook_is_queued_byte_for_byte(door: Door) -> None:
    body = '{"event": "payment.captured",  "note": "₹ \\u0000 \\ud83d"}'.encode()
    assert accepted(await razorpay(door, body))
    [message] = door.queued()
    assert message.source is WebhookSource.RAZORPAY
    assert message.body.encode() == body
    assert message.event_id == "evt_1"
    assert abs(datetime.now(UTC) - message.received_at) < timedelta(seconds=30)


async def test_a_valid_scan_is_queued(door: Door) -> None:
    assert accepted(await courier(door, PARCEL))
    [message] = door.queued()
    assert (message.source, message.body) == (WebhookSource.COURIER, PARCEL.decode())
    assert message.event_id == f"sha256:{hashlib.sha256(PARCEL).hexdigest()}"


async def test_the_old_secret_is_good_while_it_is_being_replaced(door: Door) -> None:
    assert accepted(await razorpay(door, CAPTURED, sign(CAPTURED, PREVIOUS_WEBHOOK_SECRET)))
    assert len(door.queued()) == 1


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 64,
        "signatür",
        "x" * 10_000,
        sign(CAPTURED)[:-1],
        sign(CAPTURED).upper(),
        sign(CAPTURED, "a secret of two rotations ago"),
    ],
)
async def test_a_wrong_signature_is_refused(door: Door, signature: str) -> None:
    assert unsigned(await razorpay(door, CAPTURED, signature))
    assert door.queued() == []


@pytest.mark.parametrize(
    "body",
    [CAPTURED.replace(b"captured", b"failed__"), CAPTURED + b" ", b"\xef\xbb\xbf" + CAPTURED],
)
async def test_a_tampered_body_is_refused(door: Door, body: bytes) -> None:
    assert unsigned(await razorpay(door, body, sign(CAPTURED)))
    assert door.queued() == []


async def test_a_truncated_body_is_refused(door: Door) -> None:
    assert unsigned(await razorpay(door, CAPTURED[:-5], sign(CAPTURED)))
    assert door.queued() == []


async def test_a_truncated_body_that_is_signed_as_such_cannot_be_read(door: Door) -> None:
    assert unreadable(await razorpay(door, CAPTURED[:-5]))


async def test_a_replay_is_accepted_under_the_same_id(door: Door) -> None:
    for _ in range(3):
        assert accepted(await razorpay(door, CAPTURED))
    assert {message.event_id for message in door.queued()} == {"evt_1"}
    assert len(door.queued()) == 3


@pytest.mark.parametrize("created_at", [0, 946684800, 4102444800, -1, "yesterday", None])
async def test_the_senders_clock_is_not_ours_to_judge(door: Door, created_at: object) -> None:
    body = json.dumps({"event": "payment.captured", "created_at": created_at}).encode()
    assert accepted(await razorpay(door, body))
    [message] = door.queued()
    assert abs(datetime.now(UTC) - message.received_at) < timedelta(seconds=30)


async def test_without_an_event_id_the_body_tells_repeats_apart(door: Door) -> None:
    for body in (CAPTURED, CAPTURED, b"{}"):
        assert accepted(await razorpay(door, body, event_id=None))
    first, again, other = [message.event_id for message in door.queued()]
    assert first == again != other


@pytest.mark.parametrize("source", [RAZORPAY, COURIER])
@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
async def test_a_webhook_without_headers_is_refused(
    door: Door, source: str, headers: dict[str, str]
) -> None:
    heard = await door.knock(source, CAPTURED, headers)
    assert (heard.status, heard.document["type"]) == (401, "/problems/webhook-unsigned")
    assert door.queued() == []


@pytest.mark.parametrize("name", ["x-razorpay-signature", "X-RAZORPAY-SIGNATURE"])
async def test_the_case_of_a_headers_name_says_nothing(door: Door, name: str) -> None:
    assert accepted(await door.knock(RAZORPAY, CAPTURED, {name: sign(CAPTURED)}))


@pytest.mark.parametrize("token", [None, "wrong", "tokén", COURIER_TOKEN.upper(), "x" * 10_000])
async def test_a_scan_without_the_key_is_refused(door: Door, token: str | None) -> None:
    assert refused(
        await courier(door, PARCEL, token),
        401,
        "webhook-unsigned",
        "The webhook is not from whom it claims",
        "the header x-api-key is missing or wrong",
    )
    assert door.queued() == []


NOT_UTF_8 = [
    b"\xff",
    '{"note": "₹"}'.encode("utf-16"),
    b'{"note": "\xe9"}',
    b'{"a":"\xed\xa0\x80"}',
]
NOT_JSON = [b"", b"not json", b"[]", b'"text"', b"1", b"[" * 50_000, b'{"a":1}{"a":1}']


@pytest.mark.parametrize("body", NOT_UTF_8 + NOT_JSON)
async def test_what_is_signed_but_cannot_be_read_is_a_bad_request(door: Door, body: bytes) -> None:
    assert unreadable(await razorpay(door, body))
    assert door.queued() == []


@pytest.mark.parametrize("body", NOT_UTF_8 + NOT_JSON)
async def test_the_courier_gets_200_for_whatever_it_sends(door: Door, body: bytes) -> None:
    assert accepted(await courier(door, body))
    assert door.queued() == []


async def test_a_body_of_six_megabytes_is_not_asked_for_again(door: Door) -> None:
    frame = len(json.dumps({"padding": ""}))
    body = json.dumps({"padding": "x" * (6 * MIB - frame)}).encode()
    assert len(body) == 6 * MIB
    assert unreadable(await razorpay(door, body))
    assert accepted(await courier(door, body))
    assert door.queued() == []


async def test_a_body_beyond_six_megabytes_is_refused_unread(door: Door) -> None:
    heard = await razorpay(door, b"x" * (6 * MIB + 1))
    assert refused(
        heard,
        413,
        "body-too-large",
        "The body is too large",
        "the body is longer than 6 MiB, or did not arrive in time",
    )


async def test_a_message_as_long_as_the_queue_takes_is_queued(door: Door) -> None:
    body = json.dumps({"padding": "x" * 900_000}).encode()
    assert accepted(await razorpay(door, body))
    [message] = door.queued()
    assert message.body.encode() == body


@pytest.mark.parametrize("knock", [razorpay, courier])
async def test_the_sender_is_asked_to_repeat_only_if_the_queue_did_not_take_it(
    door: Door, knock: type
) -> None:
    door.lose_queue()
    assert refused(
        await knock(door, CAPTURED),
        503,
        "service-unavailable",
        "A service behind us gave no answer",
    )
    assert accepted(await knock(door, CAPTURED))
    assert len(door.queued()) == 1


async def test_only_a_post_is_a_webhook(door: Door) -> None:
    heard = await door.knock(RAZORPAY, b"", {}, method="GET")
    assert (heard.status, heard.document["type"]) == (405, "/problems/method-not-allowed")
