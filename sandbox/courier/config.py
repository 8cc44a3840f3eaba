"""Settings of the courier sandbox, read from the environment and checked before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SAFE_MAIL_ENDINGS: Final = (
    ".test", ".example", ".invalid", ".localhost", ".local",
    "@localhost", "@example.com", "@example.org", "@example.net",
)  # fmt: skip
FORBIDDEN_IN_WEBHOOK_URL: Final = re.compile(r"shiprocket|kartrocket|sr|kr", re.IGNORECASE)


class SettingsRefused(ValueError):
    """A setting with which the sandbox must not start: its name, what is wrong, the remedy."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem}. {remedy}")
        self.name = name


@dataclass(frozen=True, kw_only=True, slots=True)
class CourierSandboxConfig:
    """What the sandbox needs to know.

    Attributes:
        email: the API user who may log in; must lie in a domain that cannot be real.
        password: that user's password.
        webhook_token: sent as `x-api-key` with each webhook.
        webhook_url: where webhooks go; None sends none.
        data_path: the file that keeps parcels over a restart; None keeps them in memory.
        step_s: seconds between two steps of a parcel; 0 stops the clockwork.
    """

    email: str
    password: str
    webhook_token: str = ""
    webhook_url: str | None = None
    data_path: Path | None = None
    step_s: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what would touch the real provider or never work there."""
        if not self.email.lower().endswith(SAFE_MAIL_ENDINGS):
            problem = f"{self.email!r} may be a live account"
            remedy = "The sandbox takes only made-up ones: use an address under .test"
            raise SettingsRefused(name="SHIPROCKET_EMAIL", problem=problem, remedy=remedy)
        if not self.password:
            remedy = "Set any made-up password"
            raise SettingsRefused(name="SHIPROCKET_PASSWORD", problem="missing", remedy=remedy)
        if self.step_s < 0:
            remedy = "Send seconds, or 0 to stand still"
            raise SettingsRefused(
                name="COURIER_STEP_S", problem=f"{self.step_s} is negative", remedy=remedy
            )
        if self.webhook_url is not None:
            _check_webhook_url(self.webhook_url)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "CourierSandboxConfig":
        """Read the settings.

        Raises:
            SettingsRefused: one is missing or unusable; the text names it and the remedy.
        """
        data = environ.get("COURIER_SANDBOX_DATA")
        return cls(
            email=_required(environ, "SHIPROCKET_EMAIL"),
            password=_required(environ, "SHIPROCKET_PASSWORD"),
            webhook_token=environ.get("COURIER_WEBHOOK_TOKEN", ""),
            webhook_url=environ.get("COURIER_WEBHOOK_URL") or None,
            data_path=Path(data) if data else None,
            step_s=_seconds(environ, "COURIER_STEP_S", 2.0),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        remedy = "Set the same made-up value here and on the seller's side"
        raise SettingsRefused(name=name, problem="missing", remedy=remedy)
    return value


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        return float(text)
    except ValueError as error:
        problem = f"{text!r} is not a number"
        raise SettingsRefused(name=name, problem=problem, remedy="Send seconds") from error


def _check_webhook_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        problem, remedy = f"{url!r} is not a web address", "Send http://host:port/path"
        raise SettingsRefused(name="COURIER_WEBHOOK_URL", problem=problem, remedy=remedy)
    if match := FORBIDDEN_IN_WEBHOOK_URL.search(url):
        problem = f"{url!r} contains {match.group()!r}, which the provider's panel refuses"
        remedy = "Choose a host and a path without it"
        raise SettingsRefused(name="COURIER_WEBHOOK_URL", problem=problem, remedy=remedy)
