"""Razorpay's public test vectors: as published with its SDK and in its documents."""

import json

import pytest

from adapters.razorpay_signature import verify_handover, verify_signature

PUBLISHED_SECRET = "EnLs21M47BllR3X8PSFtjtbd"
"""Stands in Razorpay's examples; it opens nothing."""

AUTHORIZED = {
    "event": "payment.authorized",
    "entity": "event",
    "contains": ["payment"],
    "payload": {
        "payment": {
            "entity": {
                "id": "pay_6koWN7bvxujzxM",
                "entity": "payment",
                "amount": 1000000,
                "currency": "INR",
                "status": "captured",
                "order_id": "order_100000000order",
                "international": False,
                "method": "card",
                "amount_refunded": 0,
                "refund_status": None,
                "captured": True,
                "description": "random description",
                "card_id": "card_6koWNAT6LASUqy",
                "bank": None,
                "wallet": None,
                "vpa": None,
                "email": "a@b.com",
                "contact": "+919999999999",
                "notes": {"merchant_order_id": "random order id"},
                "fee": 23000,
                "service_tax": 3000,
                "error_code": None,
                "error_description": None,
                "created_at": 1479978483,
            }
        }
    },
    "created_at": 1400826760,
}
WEBHOOK = (json.dumps(AUTHORIZED, indent=2) + "\n").encode()
"""The published body, byte for byte."""

VECTORS = {
    "webhook": (
        WEBHOOK,
        "key_secret",
        "d60e67fd884556c045e9be7dad57903e33efc7172c17c6e3ef77db42d2b366e9",
    ),
    "hand-over": (
        b"fake_order_id|fake_payment_id",
        "key_secret",
        "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89",
    ),
    "payment link": (
        b"plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ",
        PUBLISHED_SECRET,
        "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_is_genuine_and_no_byte_of_it_may_differ(name: str) -> None:
    message, secret, signature = VECTORS[name]
    assert verify_signature(message, signature, ["another", secret])
    assert not verify_signature(message + b" ", signature, [secret])
    assert not verify_signature(message, signature, ["another"])
    assert not verify_signature(message, signature.upper(), [secret])


def test_the_published_webhook_is_the_one_that_was_signed() -> None:
    assert len(WEBHOOK) == 971


def test_the_published_hand_over_is_genuine_for_its_order_and_payment_alone() -> None:
    _, secret, signature = VECTORS["hand-over"]
    assert verify_handover("fake_order_id", "fake_payment_id", signature, key_secret=secret)
    assert not verify_handover("fake_payment_id", "fake_order_id", signature, key_secret=secret)
