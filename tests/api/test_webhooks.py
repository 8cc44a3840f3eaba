import asyncio
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from api.routes import webhooks
from consumers.webhook_inbox import WebhookSource, read_inbox_message
from domain.errors import StoreUnavailable
from tests.api.shop import (
    COURIER_TOKEN,
    PREVIOUS_WEBHOOK_SECRET,
    WEBHOOK_SECRET,
    ShopFront,
    problem_type,
)

CAPTURED = json.dumps({"entity": "event", "event": "payment.captured", "payload": {}}).encode()
PARCEL = json.dumps({"awb": "59629792084", "current_status": "Delivered"}).encode()


def sign(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def razorpay(
    front: ShopFront, body: bytes, signature: str | None, event_id: str | None = None
) -> httpx.Response:
    sent = [(b"Content-Type", b"application/json")]
    if signature is not None:
        sent.append((b"X-Razorpay-Signature", signature.encode("latin-1")))
    if event_id is not None:
        sent.append((b"X-Razorpay-Event-Id", event_id.encode()))
    return await front.http.post("/webhooks/razorpay", content=body, headers=sent)


async def courier(front: ShopFront, body: bytes, token: str | None) -> httpx.Response:
    headers = {b"x-api-key": token.encode("latin-1")} if token is not None else {}
    return await front.http.post("/webhooks/courier", content=body, headers=headers)


def queued(front: ShopFront) -> list[Any]:
    return [read_inbox_message(call["body"]) for call in front.inbox.called("send")]


@pytest.mark.parametrize("secret", [WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET])
async def test_a_signed_webhook_is_queued_byte_for_byte(front: ShopFront, secret: str) -> None:
    body = '{"event": "payment.captured",  "note": "₹ \\u0000 \\ud83d"}'.encode()
    response = await razorpay(front, body, sign(body, secret), "evt_1")
    assert response.status_code == 200
    [message] = queued(front)
    assert message.source is WebhookSource.RAZORPAY
    assert message.body.encode() == body
    assert message.event_id == "evt_1"
    assert message.received_at == front.clock.now()


@pytest.mark.parametrize(
    "signature", [None, "", "0" * 64, "signatür", sign(CAPTURED, "wrong"), sign(CAPTURED).upper()]
)
async def test_a_webhook_without_our_signature_is_refused(
    front: ShopFront, signature: str | None
) -> None:
    response = await razorpay(front, CAPTURED, signature)
    assert response.status_code == 401
    assert problem_type(response) == "webhook-unsigned"
    assert front.inbox.depth == 0


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b'"text"', b"\xff", CAPTURED[:-5], b"[" * 50_000]
)
async def test_a_signed_webhook_that_cannot_be_read_is_refused(
    front: ShopFront, body: bytes
) -> None:
    response = await razorpay(front, body, sign(body))
    assert response.status_code == 400
    assert problem_type(response) == "webhook-unreadable"
    assert front.inbox.depth == 0


async def test_a_webhook_that_no_queue_takes_is_not_asked_for_again(front: ShopFront) -> None:
    body = json.dumps({"event": "payment.captured", "padding": "x" * 2_000_000}).encode()
    assert (await razorpay(front, body, sign(body))).status_code == 400
    assert (await courier(front, body, COURIER_TOKEN)).status_code == 200
    assert front.inbox.depth == 0


async def test_a_queue_that_hangs_counts_as_away(
    front: ShopFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "QUEUE_DEADLINE_S", 0.01)

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(front.inbox, "send", hang)
    response = await razorpay(front, CAPTURED, sign(CAPTURED))
    assert response.status_code == 503
    assert problem_type(response) == "service-unavailable"


async def test_a_truncated_webhook_does_not_fit_its_signature(front: ShopFront) -> None:
    response = await razorpay(front, CAPTURED[:-5], sign(CAPTURED))
    assert response.status_code == 401


async def test_repeats_and_events_that_concern_nobody_are_accepted(front: ShopFront) -> None:
    other = b'{"event": "settlement.processed"}'
    for body in (CAPTURED, CAPTURED, other, b"{}"):
        assert (await razorpay(front, body, sign(body))).status_code == 200
    messages = queued(front)
    assert messages[0].event_id == messages[1].event_id != messages[2].event_id


async def test_razorpay_is_asked_to_repeat_only_if_the_queue_did_not_take_it(
    front: ShopFront,
) -> None:
    front.inbox.fail("send", StoreUnavailable("away"))
    response = await razorpay(front, CAPTURED, sign(CAPTURED))
    assert response.status_code == 503
    assert (await razorpay(front, CAPTURED, sign(CAPTURED))).status_code == 200


async def test_a_courier_webhook_is_queued(front: ShopFront) -> None:
    response = await courier(front, PARCEL, COURIER_TOKEN)
    assert response.status_code == 200
    [message] = queued(front)
    assert (message.source, message.body) == (WebhookSource.COURIER, PARCEL.decode())


@pytest.mark.parametrize("token", [None, "", "wrong", "tokén"])
async def test_a_courier_webhook_without_the_key_is_refused(
    front: ShopFront, token: str | None
) -> None:
    response = await courier(front, PARCEL, token)
    assert response.status_code == 401
    assert front.inbox.depth == 0


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"\xff"])
async def test_the_courier_gets_200_for_whatever_it_sends(front: ShopFront, body: bytes) -> None:
    response = await courier(front, body, COURIER_TOKEN)
    assert response.status_code == 200
    assert front.inbox.depth == 0


async def test_the_courier_is_asked_to_repeat_if_the_queue_did_not_take_it(
    front: ShopFront,
) -> None:
    front.inbox.fail("send", StoreUnavailable("away"))
    assert (await courier(front, PARCEL, COURIER_TOKEN)).status_code == 503


async def test_no_webhook_address_holds_a_word_that_a_provider_forbids(front: ShopFront) -> None:
    paths = [path for path in front.app.openapi()["paths"] if path.startswith("/webhooks")]
    courier_path = next(path for path in paths if "courier" in path)
    assert not any(word in courier_path for word in ("shiprocket", "kartrocket", "sr", "kr"))
