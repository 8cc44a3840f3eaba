"""Webhooks of Razorpay: genuine or not, and what they tell."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.razorpay_signature import verify_handover
from adapters.razorpay_webhook import Unreadable, parse, verify_signature
from domain.messages import DisputeNews, PaymentNews, RefundNews

CREATED_AT = 1_790_000_000
PAYMENT = {
    "id": "pay_29QQoUBi66xm2f",
    "entity": "payment",
    "amount": 149_900,
    "currency": "INR",
    "status": "captured",
    "order_id": "order_9A33XWu170gUtm",
    "method": "upi",
    "captured": True,
    "notes": [],
    "error_code": "",
    "error_description": "",
    "created_at": CREATED_AT - 60,
}
REFUND = {
    "id": "rfnd_FS8TYQPCyYDs6f",
    "entity": "refund",
    "amount": 50_000,
    "payment_id": PAYMENT["id"],
    "notes": {"order_id": "ord_from_notes"},
    "status": "processed",
    "created_at": CREATED_AT - 30,
}
ORDER = {"id": "order_9A33XWu170gUtm", "receipt": "ord_from_receipt", "notes": []}


def webhook(event: str, **entities: dict[str, Any]) -> bytes:
    payload = {name: {"entity": entity} for name, entity in entities.items()}
    body = {"entity": "event", "event": event, "payload": payload, "created_at": CREATED_AT}
    return json.dumps(body).encode()


def test_a_signature_of_the_public_test_vector_is_genuine() -> None:
    assert verify_handover(
        "fake_order_id",
        "fake_payment_id",
        "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89",
        key_secret="key_secret",
    )


def test_a_webhook_signed_with_either_secret_is_genuine() -> None:
    body = webhook("payment.captured", payment=PAYMENT)
    signed_with_b = hmac.new(b"b", body, hashlib.sha256).hexdigest()
    assert verify_signature(body, signed_with_b, ["a", "b"])
    assert verify_signature(body, signed_with_b, ["b"])
    assert not verify_signature(body, signed_with_b, ["a"])
    assert not verify_signature(body + b" ", signed_with_b, ["b"])


@pytest.mark.parametrize("signature", [None, "", "0" * 64, "₹", "\ud800"])
def test_anything_else_is_not(signature: str | None) -> None:
    assert not verify_signature(b"{}", signature, ["secret", ""])


def test_no_secret_makes_nothing_genuine() -> None:
    empty_key = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    assert not verify_signature(b"", empty_key, [])
    assert not verify_signature(b"", empty_key, [""])


def test_a_captured_payment_is_told_with_the_moment_of_its_event() -> None:
    read = parse(webhook("payment.captured", payment=PAYMENT))

    assert isinstance(read.news, PaymentNews)
    payment = read.news.payment
    assert (payment.payment_id, payment.amount_paise) == (PAYMENT["id"], 149_900)
    assert (payment.status, payment.captured, payment.reason) == ("captured", True, None)
    assert payment.at == datetime.fromtimestamp(CREATED_AT, UTC)
    assert read.razorpay_order_id == PAYMENT["order_id"]
    assert read.receipt is None


@pytest.mark.parametrize("status", ["authorized", "failed"])
def test_only_the_status_says_whether_money_was_captured(status: str) -> None:
    read = parse(webhook(f"payment.{status}", payment={**PAYMENT, "status": status}))
    assert isinstance(read.news, PaymentNews)
    assert not read.news.payment.captured


def test_a_paid_order_names_our_receipt() -> None:
    read = parse(webhook("order.paid", payment=PAYMENT, order=ORDER))
    assert isinstance(read.news, PaymentNews)
    assert (read.razorpay_order_id, read.receipt) == (ORDER["id"], "ord_from_receipt")


def test_a_refund_leads_to_the_order_of_its_payment() -> None:
    read = parse(webhook("refund.processed", refund=REFUND, payment=PAYMENT))

    assert isinstance(read.news, RefundNews)
    assert (read.news.refund.refund_id, read.news.refund.status) == (REFUND["id"], "processed")
    assert (read.razorpay_order_id, read.receipt) == (PAYMENT["order_id"], "ord_from_notes")


DISPUTE = {
    "id": "disp_EsIAlDcoUr8CaQ",
    "entity": "dispute",
    "payment_id": PAYMENT["id"],
    "amount": 149_900,
    "currency": "INR",
    "amount_deducted": 0,
    "reason_code": "goods_or_services_not_received_or_partially_received",
    "respond_by": CREATED_AT + 7 * 86_400,
    "status": "open",
    "phase": "chargeback",
    "created_at": CREATED_AT - 10,
}


@pytest.mark.parametrize(
    ("event", "status", "deducted"),
    [
        ("created", "open", 0),
        ("under_review", "under_review", 0),
        ("action_required", "open", 0),
        ("won", "won", 0),
        ("lost", "lost", 149_900),
        ("closed", "closed", 0),
    ],
)
def test_a_dispute_leads_to_the_order_of_its_payment_and_brings_both(
    event: str, status: str, deducted: int
) -> None:
    dispute = {**DISPUTE, "status": status, "amount_deducted": deducted}
    read = parse(webhook(f"payment.dispute.{event}", payment=PAYMENT, dispute=dispute))
    assert isinstance(read.news, DisputeNews)
    told = read.news.dispute
    assert (told.dispute_id, told.status, told.deducted_paise) == (DISPUTE["id"], status, deducted)
    assert told.respond_by == datetime.fromtimestamp(CREATED_AT + 7 * 86_400, UTC)
    assert told.at == datetime.fromtimestamp(CREATED_AT, UTC)
    assert read.news.payment.status == "captured"
    assert read.razorpay_order_id == PAYMENT["order_id"]


def test_a_dispute_without_its_payment_cannot_be_read() -> None:
    with pytest.raises(Unreadable):
        parse(webhook("payment.dispute.lost", dispute=DISPUTE))


@pytest.mark.parametrize(("currency", "read_as"), [("USD", "USD"), ("INR", "INR"), (None, "INR")])
def test_the_currency_is_told_and_rupees_where_it_is_left_out(
    currency: str | None, read_as: str
) -> None:
    read = parse(webhook("payment.captured", payment={**PAYMENT, "currency": currency}))
    assert isinstance(read.news, PaymentNews)
    assert read.news.payment.currency == read_as


def test_a_speed_change_without_its_own_moment_falls_back_on_the_refunds() -> None:
    document = json.loads(webhook("refund.speed_changed", refund=REFUND, payment=PAYMENT))
    document["payload"]["created_at"] = document.pop("created_at")
    read = parse(json.dumps(document))
    assert isinstance(read.news, RefundNews)
    assert read.news.refund.at == datetime.fromtimestamp(CREATED_AT - 30, UTC)


@pytest.mark.parametrize("event", ["settlement.processed", "payment.downtime.started", "new.one"])
def test_an_event_that_concerns_no_order_carries_no_news(event: str) -> None:
    assert parse(webhook(event)).news is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"event": "payment.captured"}',
        b'{"event": "payment.captured", "payload": {"payment": {"entity": {}}}}',
        b'{"event": "payment.captured", "payload": {"payment": []}}',
        b'{"event": "refund.processed", "payload": null}',
    ],
)
def test_a_broken_webhook_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)
