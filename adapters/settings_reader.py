"""Typed reading of environment variables that collects problems instead of stopping at one."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

HIGHEST_PORT = 65_535
HOST_AND_PORT = re.compile(r"[^\s:/]+:\d{1,5}")
MAIL_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
FLAGS = {"1": True, "true": True, "yes": True, "on": True}
FLAGS |= {"0": False, "false": False, "no": False, "off": False}
ENVIRONMENTS = ("dev", "production")


class SettingsError(ValueError):
    """One or more settings are missing or wrong; `problems` names each with its remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["the settings cannot be used:", *(f"- {p}" for p in problems)]))
        self.problems = tuple(problems)


class SettingsReader:
    """Reads variables of one environment; an empty variable counts as not set."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._problems: list[str] = []
        self.production = self._environment() == "production"

    def raise_problems(self) -> None:
        """Raise what was found so far.

        Raises:
            SettingsError: at least one problem.
        """
        if self._problems:
            raise SettingsError(self._problems)

    def refuse(self, name: str, problem: str) -> None:
        """Note that a variable cannot be used, and why."""
        self._problems.append(f"{name} {problem}")

    def optional(self, name: str) -> str | None:
        """The variable's text, or `None`."""
        return self._env.get(name, "").strip() or None

    def text(self, name: str, default: str) -> str:
        """The variable's text, or the default."""
        return self.optional(name) or default

    def secret(self, name: str, *, least_bytes: int = 1) -> str:
        """A variable that has no default anywhere."""
        value = self.optional(name)
        if value is None:
            remedy = "set it" if self.production else _DEV_REMEDY
            self.refuse(name, f"is not set: {remedy}")
        elif len(value.encode()) < least_bytes:
            self.refuse(name, f"is too short: give at least {least_bytes} bytes")
        return value or ""

    def url(
        self,
        name: str,
        *,
        dev: str,
        production: str | None = None,
        schemes: tuple[str, ...] = ("http", "https"),
    ) -> str:
        """A URL without a slash at its end; in production without a default it must be set."""
        value = self.optional(name) or (production if self.production else dev)
        if value is None:
            self.refuse(name, f"is not set: give a URL that starts with {schemes[0]}://")
            return ""
        if not _is_url(value, schemes):
            expected = " or ".join(f"{scheme}://host" for scheme in schemes)
            self.refuse(name, f"is no usable URL: give {expected}")
        return value.rstrip("/")

    def optional_url(self, name: str, *, dev: str) -> str | None:
        """A URL that production may leave out."""
        if self.production and self.optional(name) is None:
            return None
        return self.url(name, dev=dev)

    def host_and_port(self, name: str, *, dev: str) -> str:
        """`host:port`; production must set it."""
        value = self.optional(name) or (None if self.production else dev)
        if value is None:
            self.refuse(name, "is not set: give host:port")
            return ""
        if not HOST_AND_PORT.fullmatch(value):
            self.refuse(name, f"is {value!r}: give host:port, such as {dev}")
        return value

    def address(self, name: str, default: str) -> str:
        """A bare mail address."""
        value = self.text(name, default)
        if not MAIL_ADDRESS.fullmatch(value):
            self.refuse(name, f"is {value!r}: give a mail address such as {default}")
        return value

    def port(self, name: str, default: int) -> int:
        """A TCP port."""
        return self.integer(name, default, lowest=1, highest=HIGHEST_PORT)

    def integer(self, name: str, default: int, *, lowest: int, highest: int | None = None) -> int:
        """A whole number within the bounds."""
        value = self.optional(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            self.refuse(name, f"is {value!r}: give a whole number such as {default}")
            return default
        if number < lowest or (highest is not None and number > highest):
            upto = "" if highest is None else f" and at most {highest}"
            self.refuse(name, f"is {number}: it must be at least {lowest}{upto}")
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no, as `1`/`0`, `true`/`false`, `yes`/`no` or `on`/`off`."""
        value = self.optional(name)
        if value is None:
            return default
        if value.lower() not in FLAGS:
            self.refuse(name, f"is {value!r}: give 1 or 0")
        return FLAGS.get(value.lower(), default)

    def choice(self, name: str, default: str, others: tuple[str, ...]) -> str:
        """One of a few words."""
        value, known = self.text(name, default), (default, *others)
        if value not in known:
            self.refuse(name, f"is {value!r}: give {' or '.join(known)}")
            return default
        return value

    def _environment(self) -> str:
        value = self.text("ORDERS_ENV", "dev")
        if value not in ENVIRONMENTS:
            self.refuse("ORDERS_ENV", f"is {value!r}: give dev or production")
        return value


_DEV_REMEDY = "`orders up` writes dev values into .data/dev.env, or set it"


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False
