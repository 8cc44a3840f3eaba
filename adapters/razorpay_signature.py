"""Razorpay's signatures: HMAC-SHA256 in lower-case hex, compared in constant time.

Two keys, never to be mixed: the API key's secret signs the checkout hand-over, the webhook's own
secret signs webhooks (`domain.webhooks`, which functions load too).
"""

from domain.webhooks import fits, verify_signature

__all__ = ["verify_handover", "verify_signature"]


def verify_handover(
    razorpay_order_id: str, payment_id: str, signature: str, *, key_secret: str
) -> bool:
    """Tell whether the payment sheet's hand-over for this order and payment is Razorpay's."""
    return fits(key_secret, f"{razorpay_order_id}|{payment_id}".encode(), signature)
