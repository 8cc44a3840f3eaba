"""Fault switches: which misfortune befalls the next request or webhook.

The wire format is that of `PUT /_control/faults`:

    {"seed": 7,
     "http": {"lost_answer": 0.1, "slow_s": 0, "error_500": 0, "html_502": 0, "error_429": 0,
              "reset": 0, "empty_204": 0, "only": "POST /v1/orders*", "limit": 1},
     "webhooks": {"loss": 0, "duplicate": 0, "reorder": 0, "delay_s": 0, "wrong_signature": 0,
                  "only": "payment.*"}}

Probabilities are 0 to 1. `slow_s` and `delay_s` are seconds; `slow` and `delay` (default 1) are the
share of answers and events that they apply to. `only` is a shell pattern
("METHOD /path" or the webhook's event name), `limit` the number of faults after which the group
switches itself off. The same seed and the same order of calls give the same faults.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any, TypeVar

HTTP_KINDS = ("error_429", "reset", "error_500", "html_502", "lost_answer", "empty_204")
"""HTTP faults in the order in which they are drawn; at most one strikes a request."""


class ControlError(Exception):
    """A control request that cannot be obeyed: the field, what is wrong, and the remedy."""

    def __init__(self, *, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}. {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpFaults:
    """What may happen to an API call.

    `error_429`, `error_500` and `reset` strike before the call has any effect; `lost_answer`,
    `html_502` and `empty_204` (no content where there should be some) after the effect is
    committed; `slow_s` holds the answer back after the effect.
    """

    lost_answer: float = 0.0
    slow_s: float = 0.0
    slow: float = 1.0
    error_500: float = 0.0
    html_502: float = 0.0
    error_429: float = 0.0
    reset: float = 0.0
    empty_204: float = 0.0
    only: str = "*"
    limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookFaults:
    """What may happen to a webhook.

    `loss`, `duplicate`, `reorder` and `delay_s` are drawn once per event, `wrong_signature` and
    `old_secret` once per attempt. `delay_s` runs on the sandbox clock.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0
    delay: float = 1.0
    wrong_signature: float = 0.0
    old_secret: float = 0.0
    only: str = "*"
    limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultPlan:
    """All switches and the seed of their dice."""

    seed: int = 0
    http: HttpFaults = HttpFaults()
    webhooks: WebhookFaults = WebhookFaults()

    def as_json(self) -> dict[str, object]:
        """Return the wire format."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookFate:
    """What befalls one webhook event, drawn when the event comes into being."""

    lost: bool = False
    copies: int = 1
    reordered: bool = False
    delay_s: float = 0.0


class FaultSwitches:
    """The plan in force, and the dice."""

    def __init__(self) -> None:
        self.put(FaultPlan())

    def put(self, plan: FaultPlan) -> None:
        """Replace every switch and seed the dice anew."""
        self.plan = plan
        self._dice = random.Random(plan.seed)  # noqa: S311 - faults must be repeatable
        self._struck = {"http": 0, "webhooks": 0}

    def clear(self) -> None:
        """Switch everything off."""
        self.put(FaultPlan())

    def draw_http(self, target: str) -> str | None:
        """Return the kind of fault (see `HTTP_KINDS`) for a call "METHOD /path", or None."""
        faults = self.plan.http
        if not self._applies("http", faults.only, faults.limit, target):
            return None
        for kind in HTTP_KINDS:
            if self._strikes("http", getattr(faults, kind)):
                return kind
        return None

    def slow_s(self, target: str) -> float:
        """Return for how many real seconds the answer to "METHOD /path" is held back."""
        faults = self.plan.http
        applies = self._applies("http", faults.only, faults.limit, target)
        strikes = applies and faults.slow_s and self._strikes("http", faults.slow)
        return faults.slow_s if strikes else 0.0

    def draw_webhook(self, event: str) -> WebhookFate:
        """Return the fate of a new webhook event."""
        faults = self.plan.webhooks
        if not self._applies("webhooks", faults.only, faults.limit, event):
            return WebhookFate()
        if self._strikes("webhooks", faults.loss):
            return WebhookFate(lost=True)
        return WebhookFate(
            copies=2 if self._strikes("webhooks", faults.duplicate) else 1,
            reordered=self._strikes("webhooks", faults.reorder),
            delay_s=self._delay_s(faults),
        )

    def draw_signature(self, event: str) -> str:
        """Return how an attempt is signed: "right", "wrong" or "old"."""
        faults = self.plan.webhooks
        if not self._applies("webhooks", faults.only, faults.limit, event):
            return "right"
        if self._strikes("webhooks", faults.wrong_signature):
            return "wrong"
        return "old" if self._strikes("webhooks", faults.old_secret) else "right"

    def _delay_s(self, faults: WebhookFaults) -> float:
        strikes = faults.delay_s and self._strikes("webhooks", faults.delay)
        return faults.delay_s if strikes else 0.0

    def _applies(self, group: str, only: str, limit: int | None, target: str) -> bool:
        used_up = limit is not None and self._struck[group] >= limit
        return not used_up and fnmatchcase(target, only)

    def _strikes(self, group: str, probability: float) -> bool:
        if not probability or self._dice.random() >= probability:
            return False
        self._struck[group] += 1
        return True


Group = TypeVar("Group", HttpFaults, WebhookFaults)


def parse_plan(body: object) -> FaultPlan:
    """Read the wire format.

    Raises:
        ControlError: a field is unknown, of the wrong type or out of range.
    """
    if not isinstance(body, Mapping):
        remedy = 'Send {"http": {…}, "webhooks": {…}}'
        raise ControlError(field="body", problem="not a JSON object", remedy=remedy)
    _known(body, ("seed", "http", "webhooks"), "")
    seed = body.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        problem = f"not an integer: {seed!r}"
        raise ControlError(field="seed", problem=problem, remedy="Send a whole number")
    http = _group(body, "http", HttpFaults())
    return FaultPlan(seed=seed, http=http, webhooks=_group(body, "webhooks", WebhookFaults()))


def _known(body: Mapping[str, object], names: tuple[str, ...], prefix: str) -> None:
    for name in body:
        if name not in names:
            remedy = f"Known are {', '.join(names)}"
            raise ControlError(field=f"{prefix}{name}", problem="unknown", remedy=remedy)


def _group(body: Mapping[str, object], name: str, off: Group) -> Group:
    given = body.get(name, {})
    if not isinstance(given, Mapping):
        remedy = "Send an object of switches"
        raise ControlError(field=name, problem="not a JSON object", remedy=remedy)
    _known(given, tuple(one.name for one in fields(off)), f"{name}.")
    # Any: a type checker cannot follow names that are checked against the fields above.
    values: dict[str, Any] = {
        switch: _value(f"{name}.{switch}", switch, value) for switch, value in given.items()
    }
    return replace(off, **values)


def _value(path: str, switch: str, value: object) -> float | str | int | None:
    if switch == "limit" and value is None:
        return None
    if switch == "only":
        return _pattern(path, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        problem = f"not a number: {value!r}"
        raise ControlError(field=path, problem=problem, remedy="Send a number")
    if switch == "limit":
        return _limit(path, value)
    top = 86_400 if switch.endswith("_s") else 1
    if not 0 <= value <= top:
        remedy = f"Send {'seconds' if top > 1 else 'a probability'} from 0 to {top}"
        raise ControlError(field=path, problem=f"out of range: {value!r}", remedy=remedy)
    return value


def _pattern(path: str, value: object) -> str:
    if not isinstance(value, str):
        remedy = 'Send a pattern such as "POST /v1/*"'
        raise ControlError(field=path, problem=f"not a string: {value!r}", remedy=remedy)
    return value


def _limit(path: str, value: float) -> int:
    if not isinstance(value, int) or value < 1:
        problem = f"not a positive integer: {value!r}"
        raise ControlError(field=path, problem=problem, remedy="Send 1 or more, or leave it out")
    return value
