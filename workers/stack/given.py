"""Services that the settings give by URL: they are asked, not started."""

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from adapters.mongo_replica_set import ReplicaSetNotReady, ask_for_primary
from workers.stack.errors import NotReady, StackError
from workers.stack.ports import LOOPBACK
from workers.stack.readiness import (
    POLL_S,
    Probe,
    reachable_probe,
    redis_probe,
    smtp_probe,
    temporal_probe,
)

DEADLINE_S = 2.0
# The setting that, when given, keeps the service from being started.
URL_SETTINGS: Mapping[str, str] = {
    "temporal": "TEMPORAL_ADDRESS",
    "mongodb": "MONGODB_URL",
    "redis": "REDIS_URL",
    "aws": "AWS_ENDPOINT_URL",
    "mail": "SMTP_URL",
    "razorpay_sandbox": "RAZORPAY_BASE_URL",
    "courier_sandbox": "SHIPROCKET_BASE_URL",
}
TLS_SCHEMES = frozenset({"rediss", "smtps", "https"})
DEFAULT_PORTS = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379, "smtp": 25, "smtps": 465}


def given_services(env: Mapping[str, str]) -> frozenset[str]:
    """Names of the services whose address is set."""
    return frozenset(name for name, setting in URL_SETTINGS.items() if env.get(setting, "").strip())


def refuse_silent_services(env: Mapping[str, str], given: frozenset[str]) -> None:
    """Ask each given service, for up to two seconds each.

    Raises:
        StackError: names every setting whose service does not answer.
    """
    problems = []
    for name in sorted(given):
        setting = URL_SETTINGS[name]
        reason = _silence(_PROBES[name](env))
        if reason is not None:
            problems.append(
                f"{setting} is set, but {name} does not answer there ({reason}): "
                f"start it, or unset {setting} to use the embedded one"
            )
    if problems:
        raise StackError("\n".join(problems))


def _silence(probe: Probe) -> str | None:
    until = time.monotonic() + DEADLINE_S
    while True:
        try:
            probe()
        except NotReady as error:
            if time.monotonic() > until:
                return str(error)
            time.sleep(POLL_S)
        else:
            return None


def _mongodb(env: Mapping[str, str]) -> Probe:
    def probe() -> None:
        try:
            ask_for_primary(env["MONGODB_URL"])
        except ReplicaSetNotReady as error:
            raise NotReady(str(error)) from error

    return probe


def _temporal(env: Mapping[str, str]) -> Probe:
    return temporal_probe(env["TEMPORAL_ADDRESS"], env.get("TEMPORAL_NAMESPACE") or "default")


def _listener(
    setting: str, build: Callable[[str, int], Probe]
) -> Callable[[Mapping[str, str]], Probe]:
    def from_env(env: Mapping[str, str]) -> Probe:
        parts = urlsplit(env[setting])
        try:
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError as error:
            message = f"{setting} holds no usable port: {error}"
            raise StackError(message) from error
        # Behind TLS the greeting cannot be read as plain text: such a service is only reached.
        probe = reachable_probe if parts.scheme in TLS_SCHEMES else build
        return probe(parts.hostname or LOOPBACK, port)

    return from_env


_PROBES: Mapping[str, Callable[[Mapping[str, str]], Probe]] = {
    "temporal": _temporal,
    "mongodb": _mongodb,
    "redis": _listener("REDIS_URL", redis_probe),
    "aws": _listener("AWS_ENDPOINT_URL", reachable_probe),
    "mail": _listener("SMTP_URL", smtp_probe),
    "razorpay_sandbox": _listener("RAZORPAY_BASE_URL", reachable_probe),
    "courier_sandbox": _listener("SHIPROCKET_BASE_URL", reachable_probe),
}
