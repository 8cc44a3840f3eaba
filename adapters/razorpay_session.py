"""The HTTP session under Razorpay's SDK, which closes what the SDK leaves open.

The SDK has no timeout, keeps nothing of an error but its text, loses the answer when it is not
JSON, takes 429 and 401 for bad requests, and prints network errors on stdout. This session sets a
timeout on each call and raises its own `RazorpayFailure` before the SDK sees any of those; the SDK
lets it pass untouched.
"""

from typing import Any

import requests

SUCCESS = range(200, 300)
RATE_LIMITED = 429
AUTH_REFUSED = frozenset({401, 403})
SERVER_FAULTS = 500
PASSING_CODES = frozenset({"GATEWAY_ERROR", "SERVER_ERROR"})


class RazorpayFailure(Exception):
    """No success: what Razorpay said, or that it said nothing usable (`status` None: no answer)."""

    def __init__(
        self,
        description: str,
        *,
        status: int | None = None,
        code: str = "",
        field: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep every part of the answer that tells a refusal from a bad moment."""
        super().__init__(description)
        self.status = status
        self.code = code
        self.field = field
        self.reason = reason

    @property
    def may_pass(self) -> bool:
        """Tell whether the same call may work later: anything but a clear refusal of its content.

        Refused keys count too: every call fails until somebody sets them right, and then works.
        """
        status = self.status
        if status is None or status == RATE_LIMITED or status in AUTH_REFUSED:
            return True
        return status >= SERVER_FAULTS or self.code in PASSING_CODES

    def __str__(self) -> str:
        """Return the description with what locates it."""
        status = "no answer" if self.status is None else f"HTTP {self.status}"
        place = f", field {self.field}" if self.field else ""
        reason = f", reason {self.reason}" if self.reason not in {None, "NA"} else ""
        return f"{self.args[0]} ({status}{place}{reason})"


class RazorpaySession(requests.Session):
    """A session with a timeout (connect, read; seconds) and with errors that say what happened."""

    def __init__(self, timeout_s: tuple[float, float]) -> None:
        """Set the timeout of each call and look at each answer before the SDK does."""
        super().__init__()
        self._timeout_s = timeout_s
        self.hooks["response"].append(_require_json)

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send one request; redirects are answers of a stranger and are not followed.

        Raises:
            RazorpayFailure: no answer, not a success, or a success that is not JSON.
        """
        options["timeout"] = self._timeout_s
        options["allow_redirects"] = False
        try:
            return super().request(*args, **options)
        except requests.RequestException as error:
            message = f"no answer from Razorpay: {type(error).__name__}"
            raise RazorpayFailure(message) from error


def _require_json(response: requests.Response, **_options: Any) -> None:
    try:
        body = response.json()
    except ValueError as error:
        message = f"an answer that is not JSON: {response.text[:80]!r}"
        # 500 at least: whatever its status, Razorpay's API did not write this.
        status = max(response.status_code, SERVER_FAULTS)
        raise RazorpayFailure(message, status=status) from error
    if response.status_code in SUCCESS and isinstance(body, dict):
        return
    details = body.get("error") if isinstance(body, dict) else None
    if not isinstance(details, dict):
        details = {}
    raise RazorpayFailure(
        str(details.get("description") or "an answer without a description"),
        status=response.status_code if details else max(response.status_code, SERVER_FAULTS),
        code=str(details.get("code") or ""),
        field=details.get("field"),
        reason=details.get("reason"),
    )
