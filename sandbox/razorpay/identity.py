"""Ids and signatures."""

import hashlib
import hmac
import re
import secrets
import string

ALPHABET = string.ascii_letters + string.digits
ID_LENGTH = 14


def new_id(prefix: str) -> str:
    """Return a fresh id such as `order_Jn3aB7xQp0LmZk`; an empty prefix gives the bare 14."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
    return f"{prefix}_{tail}" if prefix else tail


def is_id(prefix: str, text: str) -> bool:
    """Return whether `text` has the form of an id of this kind."""
    return re.fullmatch(rf"{prefix}_[A-Za-z0-9]{{{ID_LENGTH}}}", text) is not None


def account_id(key_id: str) -> str:
    """Return the merchant's account id, the same for a key at each start."""
    return f"acc_{hashlib.sha256(key_id.encode()).hexdigest()[:ID_LENGTH]}"


def sign_handover(order_id: str, payment_id: str, key_secret: str) -> str:
    """Return the checkout signature: HMAC-SHA256 of `order|payment` in lower-case hex."""
    return sign(f"{order_id}|{payment_id}".encode(), key_secret)


def sign(message: bytes, secret: str) -> str:
    """Return HMAC-SHA256 in lower-case hex: a webhook's signature over its raw body."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
