"""TCP ports of the embedded stack: defaults, free ones, taken ones."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from workers.stack.errors import PortTaken, StackError

LOOPBACK = "127.0.0.1"
HIGHEST_PORT = 65_535
LOWEST_FREE_PORT = 10_240
USUAL_FIRST_OUTGOING_PORT = 32_768
LEAST_ROOM = 2_000
OUTGOING_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


@dataclass(frozen=True, kw_only=True, slots=True)
class StackPorts:
    """One port per listener; the setting of ``redis`` is ``ORDERS_REDIS_PORT`` and so on."""

    api: int = 8000
    tracking: int = 8001
    razorpay_sandbox: int = 8002
    courier_sandbox: int = 8003
    temporal: int = 7233
    temporal_ui: int = 8233
    mongodb: int = 27017
    redis: int = 6379
    aws: int = 4566
    smtp: int = 1025
    mail: int = 8025

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "StackPorts":
        """Read the ports that are set; the others keep their defaults.

        Raises:
            StackError: a value is not a port number; names every such setting.
        """
        problems, ports = [], {}
        for name in port_names():
            text = env.get(port_setting(name), "").strip()
            if text and not (text.isdigit() and 0 < int(text) <= HIGHEST_PORT):
                problems.append(f"{port_setting(name)}={text!r} is not a port: give 1 to 65535")
            elif text:
                ports[name] = int(text)
        if problems:
            raise StackError("\n".join(problems))
        return cls(**ports)

    @classmethod
    def free(cls) -> "StackPorts":
        """Ports that nobody listens on now."""
        return cls(**dict(zip(port_names(), free_ports(len(port_names())), strict=True)))


def port_names() -> list[str]:
    """The names of all listeners."""
    return [each.name for each in fields(StackPorts)]


def port_setting(name: str) -> str:
    """The environment variable that sets the port of ``name``."""
    return f"ORDERS_{name.upper()}_PORT"


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now.

    They lie below the range from which the kernel serves outgoing connections: one of those
    could take the port between this look and the moment when its server starts.
    """
    found: list[int] = []
    candidates = range(LOWEST_FREE_PORT, _first_outgoing_port())
    for port in random.sample(candidates, len(candidates)):
        if len(found) == count:
            return found
        if _can_bind(port):
            found.append(port)
    message = f"no {count} free ports from {candidates.start} to {candidates.stop - 1}"
    raise PortTaken(message)


def _first_outgoing_port() -> int:
    try:
        first = int(OUTGOING_PORTS.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_FIRST_OUTGOING_PORT
    room = first - LOWEST_FREE_PORT
    return first if room >= LEAST_ROOM else USUAL_FIRST_OUTGOING_PORT


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """One port that nobody listens on now."""
    return free_ports(1)[0]


def refuse_taken_port(name: str, port: int) -> None:
    """Check that ``port`` can be bound.

    Raises:
        PortTaken: somebody listens there; names the port and its setting.
    """
    if not _can_bind(port):
        message = (
            f"port {port} for {name} is taken: stop what listens there, "
            f"set {port_setting(name)}, or start with --free-ports"
        )
        raise PortTaken(message)
