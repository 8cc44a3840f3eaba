"""What must never be mixed: dev secrets with production, live keys with development."""

import ipaddress
from urllib.parse import urlsplit

from adapters.settings_reader import SettingsReader

DEV_SECRET_PREFIX = "dev-"  # noqa: S105 - the mark of a dev secret, not a secret
LIVE_KEY_PREFIX = "rzp_live_"
TEST_KEY_PREFIX = "rzp_test_"
WELL_KNOWN = frozenset({"secret", "password", "changeme", "change-me", "test", "token", "dev"})
LEAST_SECRET_LENGTH = {
    "ORDERS_JWT_SECRET": 1,  # its length is checked in dev too
    "RAZORPAY_WEBHOOK_SECRET": 16,
    "RAZORPAY_WEBHOOK_SECRET_PREVIOUS": 16,
    "COURIER_WEBHOOK_TOKEN": 16,
    "RAZORPAY_KEY_SECRET": 1,
    "SHIPROCKET_PASSWORD": 1,
}
GATEWAY_URLS = ("RAZORPAY_BASE_URL", "SHIPROCKET_BASE_URL", "AWS_ENDPOINT_URL")
PUBLIC_URLS = ("ORDERS_API_URL", "ORDERS_TRACKING_URL")
MADE_UP_DOMAINS = (".test", ".example", ".invalid", ".localhost", "@example.com", "@localhost")


def refuse_unsafe_production(reader: SettingsReader) -> None:
    """Note dev secrets, test keys, sandbox addresses and unencrypted public addresses."""
    for name, length in LEAST_SECRET_LENGTH.items():
        _refuse_weak_secret(reader, name, length)
    key_id = reader.optional("RAZORPAY_KEY_ID")
    if key_id is not None and not key_id.startswith(LIVE_KEY_PREFIX):
        reader.refuse("RAZORPAY_KEY_ID", f"is no live key: production needs {LIVE_KEY_PREFIX}…")
    email = reader.optional("SHIPROCKET_EMAIL")
    if email is not None and email.lower().endswith(MADE_UP_DOMAINS):
        reader.refuse("SHIPROCKET_EMAIL", "is a made-up address: give the API user of the account")
    for name in (*GATEWAY_URLS, *PUBLIC_URLS):
        _refuse_unsafe_url(reader, name)


def refuse_live_keys_in_dev(reader: SettingsReader) -> None:
    """Note keys that move real money."""
    for name in ("RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"):
        if (reader.optional(name) or "").startswith(LIVE_KEY_PREFIX):
            reader.refuse(
                name,
                f"is a live key while ORDERS_ENV is dev: use a {TEST_KEY_PREFIX}… key, "
                "or set ORDERS_ENV=production",
            )


def is_sandbox_host(host: str) -> bool:
    """Whether a host is this machine or one of our sandbox services."""
    if host == "localhost" or host.endswith(".localhost") or "sandbox" in host:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_weak_secret(reader: SettingsReader, name: str, length: int) -> None:
    value = reader.optional(name)
    if value is None:
        return
    if value.startswith(DEV_SECRET_PREFIX) or value.lower() in WELL_KNOWN:
        reader.refuse(name, "is a dev secret: production needs one of its own")
    elif len(value) < length:
        reader.refuse(name, f"is too short: production needs at least {length} characters")


def _refuse_unsafe_url(reader: SettingsReader, name: str) -> None:
    value = reader.optional(name)
    if value is None:
        return
    try:
        parts = urlsplit(value)
    except ValueError:  # already noted as no usable URL
        return
    if is_sandbox_host((parts.hostname or "").lower()):
        reader.refuse(name, "points at this machine or a sandbox: production needs the real one")
    elif parts.scheme == "http":
        reader.refuse(name, "is not encrypted: give an https:// URL")
