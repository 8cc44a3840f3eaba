"""Real backing services for tests: started once per run, only when a test asks."""

import contextlib
import json
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.stack import services
from workers.stack.ports import LOOPBACK, free_port
from workers.stack.process import ChildProcess
from workers.stack.readiness import wait_until_ready
from workers.stack.services import Folders, Service

STOP_GRACE_S = 5.0


@contextlib.contextmanager
def temporary_folder(name: str) -> Iterator[Folders]:
    """A folder for one service, removed afterwards."""
    root = Path(tempfile.mkdtemp(prefix=f"orders-test-{name}-"))
    try:
        yield Folders(root=root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def running(service: Service) -> Iterator[ChildProcess]:
    """Run a service while the block runs; it is ready on entry."""
    child = ChildProcess(service.spec)
    child.start()
    try:
        wait_until_ready(child, service.probe, deadline_s=service.deadline_s)
        yield child
    finally:
        child.stop(grace_s=STOP_GRACE_S)


@contextlib.contextmanager
def running_on_free_port(name: str, build: Callable[[int, Folders], Service]) -> Iterator[int]:
    """Run ``build(port, folders)`` on a free port while the block runs; yields the port."""
    with temporary_folder(name) as folders:
        port = free_port()
        with running(build(port, folders)):
            yield port


@dataclass(frozen=True, kw_only=True, slots=True)
class TemporalServer:
    """A running Temporal dev server with our search attributes."""

    address: str
    namespace: str = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmtpSink:
    """A running mail sink and what it has received."""

    url: str
    page_url: str

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """Received messages, oldest first; only those for address ``to`` if given."""
        url = f"{self.page_url}/api/messages"
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            found: list[dict[str, Any]] = json.load(answer)["messages"]
        return [mail for mail in found if to is None or to in mail["to"]]


@contextlib.contextmanager
def running_temporal() -> Iterator[TemporalServer]:
    """A Temporal dev server in memory, without its UI."""

    def build(port: int, folders: Folders) -> Service:
        return services.temporal(port, folders, ui_port=None, persistent=False)

    with running_on_free_port("temporal", build) as port:
        yield TemporalServer(address=f"{LOOPBACK}:{port}")


@contextlib.contextmanager
def running_smtp_sink() -> Iterator[SmtpSink]:
    """A mail sink on free ports."""
    smtp_port = free_port()

    def build(port: int, folders: Folders) -> Service:
        return services.mail_sink(smtp_port, port, folders)

    with running_on_free_port("mail", build) as http_port:
        yield SmtpSink(url=services.smtp_url(smtp_port), page_url=f"http://{LOOPBACK}:{http_port}")


def eventually(check: Callable[[], bool], *, within_s: float = 5.0, why: str = "") -> None:
    """Poll ``check`` until it is true; fail after ``within_s`` seconds."""
    until = time.monotonic() + within_s
    while not check():
        if time.monotonic() > until:
            message = f"not true within {within_s:g} s {why}"
            raise AssertionError(message)
        time.sleep(0.02)
