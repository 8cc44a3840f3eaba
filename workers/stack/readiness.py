"""Ask each service whether it can do its work; never sleep and hope."""

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from adapters.mongo_replica_set import ReplicaSetNotReady, ensure_primary
from workers.stack.errors import NotReady, ServiceFailed
from workers.stack.process import ChildProcess

Probe = Callable[[], None]
POLL_S = 0.05
ANSWER_TIMEOUT_S = 2.0


def wait_until_ready(
    child: ChildProcess,
    probe: Probe,
    *,
    deadline_s: float,
    given_up: threading.Event | None = None,
    remedy: str = "",
) -> None:
    """Repeat ``probe`` until it passes.

    Raises:
        ServiceFailed: the child ended, ``given_up`` was set, or ``deadline_s`` seconds have
            passed; the message holds the tail of the child's log and ends with ``remedy``.
    """
    until = time.monotonic() + deadline_s
    reason = "it was not asked"
    while time.monotonic() < until and not (given_up and given_up.is_set()):
        code = child.exit_code()
        if code is not None:
            raise ServiceFailed(_with_log(child, f"{child.name} ended with code {code}", remedy))
        try:
            probe()
        except NotReady as error:
            reason = str(error)
            time.sleep(POLL_S)
        else:
            return
    message = f"{child.name} was not ready after {deadline_s:g} s: {reason}"
    raise ServiceFailed(_with_log(child, message, remedy))


def wait_until_ended(
    child: ChildProcess,
    probe: Probe,
    *,
    deadline_s: float,
    given_up: threading.Event | None = None,
    remedy: str = "",
) -> None:
    """Wait for a child that does its work and ends; then ``probe`` must pass.

    Raises:
        ServiceFailed: it ended with another code than 0, too late, or its work does not show.
    """
    until = time.monotonic() + deadline_s
    while (code := child.exit_code()) is None:
        if time.monotonic() > until or (given_up and given_up.is_set()):
            message = f"{child.name} had not ended after {deadline_s:g} s"
            raise ServiceFailed(_with_log(child, message, remedy))
        time.sleep(POLL_S)
    if code != 0:
        raise ServiceFailed(_with_log(child, f"{child.name} ended with code {code}", remedy))
    try:
        probe()
    except NotReady as error:
        message = f"{child.name} ended, but {error}"
        raise ServiceFailed(_with_log(child, message, remedy)) from error


def nothing_to_ask() -> None:
    """The probe of a service whose exit code says everything."""


def _with_log(child: ChildProcess, message: str, remedy: str) -> str:
    text = f"{message}\nend of {child.spec.log_path}:\n{child.log_tail()}"
    return f"{text}\n{remedy}" if remedy else text


def http_probe(url: str, *, accept: Callable[[bytes], bool] | None = None) -> Probe:
    """Ready when GET ``url`` answers 2xx and ``accept``, if given, likes the body."""

    def probe() -> None:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_TIMEOUT_S) as answer:  # noqa: S310 - ours
                body = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()[:300].decode(errors="replace")
            message = f"GET {url} answers {error.code}: {text}"
            raise NotReady(message) from error
        except (OSError, ValueError) as error:
            message = f"GET {url}: {error}"
            raise NotReady(message) from error
        if accept is not None and not accept(body):
            message = f"GET {url} answers {body[:200]!r}"
            raise NotReady(message)

    return probe


def json_status_probe(url: str, field: str, expected: str) -> Probe:
    """Ready when GET ``url`` answers JSON whose ``field`` is ``expected``."""

    def accept(body: bytes) -> bool:
        try:
            return bool(json.loads(body).get(field) == expected)
        except (ValueError, AttributeError):
            return False

    return http_probe(url, accept=accept)


def redis_probe(host: str, port: int) -> Probe:
    """Ready when the server answers PING (not while it loads its data)."""

    def probe() -> None:
        answer = _ask(host, port, b"PING\r\n")
        if not answer.startswith(b"+PONG"):
            message = f"PING answers {answer!r}"
            raise NotReady(message)

    return probe


def smtp_probe(host: str, port: int) -> Probe:
    """Ready when the server greets with 220."""

    def probe() -> None:
        greeting = _ask(host, port, b"")
        if not greeting.startswith(b"220"):
            message = f"the greeting is {greeting!r}"
            raise NotReady(message)

    return probe


def reachable_probe(host: str, port: int) -> Probe:
    """Ready when somebody listens; for services that offer no question."""

    def probe() -> None:
        _connect(host, port).close()

    return probe


def mongodb_probe(host: str, port: int) -> Probe:
    """Ready when the one-node replica set has a writable primary; initiates it if needed."""

    def probe() -> None:
        try:
            ensure_primary(host, port)
        except ReplicaSetNotReady as error:
            raise NotReady(str(error)) from error

    return probe


def temporal_probe(address: str, namespace: str = "default") -> Probe:
    """Ready when the front end answers for the namespace."""

    def probe() -> None:
        asyncio.run(_describe_namespace(address, namespace))

    return probe


async def _describe_namespace(address: str, namespace: str) -> None:
    # Imported here: the SDK takes a third of a second, and `orders --help` reads this module.
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.client import Client
    from temporalio.service import RPCError

    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace)
        )
    except (RPCError, RuntimeError, OSError) as error:
        message = f"{address}: {error}"
        raise NotReady(message) from error


def _ask(host: str, port: int, request: bytes) -> bytes:
    with _connect(host, port) as connection:
        try:
            connection.sendall(request)
            return connection.recv(512)
        except OSError as error:
            message = f"{host}:{port}: {error}"
            raise NotReady(message) from error


def _connect(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port), ANSWER_TIMEOUT_S)
    except OSError as error:
        message = f"{host}:{port}: {error}"
        raise NotReady(message) from error
