"""A small HTTP front that turns requests into gateway events, as API Gateway does for functions."""

import base64
import http.client
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.lambda_runtime.process import (
    FunctionCrashed,
    FunctionError,
    FunctionProcess,
    FunctionTimedOut,
)

BAD_GATEWAY: Final = 502
SERVER_TIMEOUT_S: Final = 10.0
HOP_HEADERS: Final = frozenset({"connection", "content-length", "host", "transfer-encoding"})

Headers = Mapping[str, str]
Choose = Callable[[str, bytes], str | None]
"""Takes path and body; returns the name of a function, or None for the server."""
Answer = tuple[int, Headers, bytes]


class Pool:
    """Sandboxes of one function; each takes one event at a time, the others wait."""

    def __init__(self, processes: Sequence[FunctionProcess]) -> None:
        """Take these processes over; they are started when used."""
        self._free = list(processes)
        self._changed = threading.Condition()

    def invoke(self, event: object) -> Any:
        """Let a free sandbox answer an event.

        Raises:
            FunctionError: the function raised.
            FunctionCrashed: its process ended.
            FunctionTimedOut: it took too long.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            process = self._free.pop()
        try:
            return process.invoke(event).payload
        finally:
            with self._changed:
                self._free.append(process)
                self._changed.notify()


class Front:
    """Listens on loopback while its block runs; hands each request to a function or the server.

    Attributes:
        counts: answers by `<function or "server"> <status>`.
        server_url: where what goes to no function is sent.
    """

    def __init__(self, pools: Mapping[str, Pool], choose: Choose) -> None:
        """Listen on a free port; `choose` says who answers a request."""
        self.pools = dict(pools)
        self.server_url = ""
        self.counts: Counter[str] = Counter()
        self._choose = choose
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Front":
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, headers: Headers, body: bytes) -> Answer:
        """Let the right one answer."""
        name = self._choose(path, body)
        if name is None:
            found = self._pass_on(path, headers, body)
        else:
            found = self._function(name, path, headers, body)
        with self._lock:
            self.counts[f"{name or 'server'} {found[0]}"] += 1
        return found

    def _function(self, name: str, path: str, headers: Headers, body: bytes) -> Answer:
        try:
            reply = self.pools[name].invoke(gateway_event(path, headers, body))
        except (FunctionError, FunctionCrashed, FunctionTimedOut):
            return BAD_GATEWAY, {}, b'{"message":"Internal Server Error"}'
        return reply["statusCode"], reply["headers"], reply["body"].encode()

    def _pass_on(self, path: str, headers: Headers, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(
            urlsplit(self.server_url).netloc, timeout=SERVER_TIMEOUT_S
        )
        kept = {name: each for name, each in headers.items() if name.lower() not in HOP_HEADERS}
        try:
            connection.request("POST", path, body=body, headers=kept)
            reply = connection.getresponse()
            return reply.status, {}, reply.read()
        except (OSError, http.client.HTTPException):
            return BAD_GATEWAY, {}, b""
        finally:
            connection.close()


def gateway_event(path: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Return a request as an HTTP API hands it over, payload 2.0; text stays text."""
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": text,
        "isBase64Encoded": encoded,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""


def _handler_of(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, said = front.answer(self.path, dict(self.headers), body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
