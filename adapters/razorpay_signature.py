"""Razorpay's signatures: HMAC-SHA256 in lower-case hex, compared in constant time.

Two keys, never to be mixed: the API key's secret signs the checkout hand-over, the webhook's own
secret signs webhooks. Standard library only, for functions too.
"""

import hashlib
import hmac
from collections.abc import Iterable


def verify_signature(raw_body: bytes, signature: str | None, secrets: Iterable[str]) -> bool:
    """Tell whether a webhook's body, byte for byte as received, was signed with one of the secrets.

    After a rotation Razorpay signs repeats of old events with the old secret: pass both for a day.
    """
    matches = [_fits(secret, raw_body, signature or "") for secret in secrets if secret]
    return any(matches)


def verify_handover(
    razorpay_order_id: str, payment_id: str, signature: str, *, key_secret: str
) -> bool:
    """Tell whether the payment sheet's hand-over for this order and payment is Razorpay's."""
    return _fits(key_secret, f"{razorpay_order_id}|{payment_id}".encode(), signature)


def _fits(secret: str, message: bytes, signature: str) -> bool:
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    # Bytes, because compare_digest refuses text beyond ASCII, which anybody may send.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
