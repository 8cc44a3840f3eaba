"""Who may call our courier webhook. Standard library only, and little of it, for functions too."""

import hmac


def verify_token(given: str | None, expected: str) -> bool:
    """Tell whether the `x-api-key` is the token that was set in Shiprocket's panel."""
    if not expected:
        return False
    return hmac.compare_digest((given or "").encode("utf-8", "replace"), expected.encode())
