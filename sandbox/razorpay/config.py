"""Settings of the Razorpay sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DAY_S = 86_400


class SandboxConfigError(ValueError):
    """A setting is missing or dangerous; the text names the setting and the remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RazorpaySandboxConfig:
    """What the sandbox needs to know.

    Attributes:
        key_id: the API key, `rzp_test_…`; a live key is refused.
        key_secret: signs the checkout hand-over and is the password of Basic auth.
        webhook_secret: signs the webhooks.
        webhook_secret_previous: the secret before the last rotation (`old_secret` fault).
        webhook_url: where webhooks go; None records them as events that nobody subscribed to.
        base_url: the address under which browsers reach the sandbox; None: as requested.
        clock_speed: sandbox seconds per real second.
        data_file: SQLite file that survives a restart; None keeps everything in memory.
        uncaptured_refund_s: an authorized payment that nobody captures is refunded after this time.
        refund_settle_s: time from `pending` to `processed`; 0 answers `processed` at once.
        settlement_delay_s: time from capture to settlement (T+2).

    Raises:
        SandboxConfigError: a value is empty, live, or out of range.
    """

    key_id: str
    key_secret: str
    webhook_secret: str
    webhook_secret_previous: str | None = None
    webhook_url: str | None = None
    base_url: str | None = None
    clock_speed: float = 1.0
    data_file: Path | None = None
    uncaptured_refund_s: int = 3 * DAY_S
    refund_settle_s: float = 2.0
    settlement_delay_s: int = 2 * DAY_S

    def __post_init__(self) -> None:
        """Check every value."""
        _check_key(self.key_id)
        for name in ("key_secret", "webhook_secret"):
            if not getattr(self, name):
                message = f"RAZORPAY_{name.upper()}: empty. Give any dev secret"
                raise SandboxConfigError(message)
        if self.webhook_url and not self.webhook_url.startswith(("http://", "https://")):
            message = f"RAZORPAY_WEBHOOK_URL: not an http address: {self.webhook_url!r}"
            raise SandboxConfigError(message)
        if self.clock_speed <= 0:
            message = f"RAZORPAY_SANDBOX_CLOCK_SPEED: must be above zero, not {self.clock_speed}"
            raise SandboxConfigError(message)


def config_from_environ(environ: Mapping[str, str]) -> RazorpaySandboxConfig:
    """Read the settings.

    `RAZORPAY_KEY_ID`, `RAZORPAY_KEY_SECRET` and `RAZORPAY_WEBHOOK_SECRET` are needed;
    `RAZORPAY_WEBHOOK_SECRET_PREVIOUS`, `RAZORPAY_WEBHOOK_URL`, `RAZORPAY_SANDBOX_BASE_URL`,
    `RAZORPAY_SANDBOX_DATA` (SQLite file) and `RAZORPAY_SANDBOX_CLOCK_SPEED` are optional.

    Raises:
        SandboxConfigError: a setting is missing, malformed, or a live key.
    """
    data_file = environ.get("RAZORPAY_SANDBOX_DATA")
    return RazorpaySandboxConfig(
        key_id=_needed(environ, "RAZORPAY_KEY_ID"),
        key_secret=_needed(environ, "RAZORPAY_KEY_SECRET"),
        webhook_secret=_needed(environ, "RAZORPAY_WEBHOOK_SECRET"),
        webhook_secret_previous=environ.get("RAZORPAY_WEBHOOK_SECRET_PREVIOUS") or None,
        webhook_url=environ.get("RAZORPAY_WEBHOOK_URL") or None,
        base_url=environ.get("RAZORPAY_SANDBOX_BASE_URL") or None,
        clock_speed=_clock_speed(environ.get("RAZORPAY_SANDBOX_CLOCK_SPEED") or "1"),
        data_file=Path(data_file) if data_file else None,
    )


def _needed(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name)
    if not value:
        message = f"{name}: missing. Set it, or start the sandbox with the stack, which makes one"
        raise SandboxConfigError(message)
    return value


def _check_key(key_id: str) -> None:
    if key_id.startswith("rzp_live_"):
        message = (
            "RAZORPAY_KEY_ID: a live key was given to the sandbox."
            " Use a test key (rzp_test_…), and rotate the live one if it was shared"
        )
        raise SandboxConfigError(message)
    if not key_id.startswith("rzp_test_"):
        message = f"RAZORPAY_KEY_ID: {key_id!r} does not start with rzp_test_. Use a test key"
        raise SandboxConfigError(message)


def _clock_speed(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        message = f"RAZORPAY_SANDBOX_CLOCK_SPEED: not a number: {text!r}"
        raise SandboxConfigError(message) from error
