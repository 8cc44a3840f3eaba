"""The Runtime API that a function's runtime client asks for work, on loopback.

As documented in "Using the Lambda runtime API": `next` waits for an event, `response` and `error`
answer it, `init/error` says that the function could not be loaded.
"""

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from uuid import uuid4

VERSION: Final = "/2018-06-01/runtime"
LONGEST_WAIT_S: Final = 0.2
"""How often a waiting `next` looks whether the API has closed."""


@dataclass(kw_only=True)
class Invocation:
    """One event on its way through a function; `answered` is set when it came back."""

    body: bytes
    deadline: float
    request_id: str = field(default_factory=lambda: str(uuid4()))
    taken_at: float = 0.0
    answered_at: float = 0.0
    response: bytes | None = None
    error: dict[str, Any] | None = None
    answered: threading.Event = field(default_factory=threading.Event)


class RuntimeApi:
    """Serves one function process. Close it when the process has ended.

    Attributes:
        idle: set at each `next`: for the first time when the function has initialised.
        init_error: what the function said when it could not be loaded.
    """

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        self.idle = threading.Event()
        self.idle_at = 0.0
        self.init_error: dict[str, Any] | None = None
        self._closed = threading.Event()
        self._events: queue.Queue[Invocation] = queue.Queue()
        self._running: dict[str, Invocation] = {}
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def put(self, event: bytes, *, within_s: float) -> Invocation:
        """Offer an event to the function."""
        invocation = Invocation(body=event, deadline=time.time() + within_s)
        self._running[invocation.request_id] = invocation
        self._events.put(invocation)
        return invocation

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self) -> Invocation | None:
        """Return the next event for the function, or None when the API has closed."""
        self.idle_at = time.monotonic()
        self.idle.set()
        while not self._closed.is_set():
            try:
                invocation = self._events.get(timeout=LONGEST_WAIT_S)
            except queue.Empty:
                continue
            self.idle.clear()
            invocation.taken_at = time.monotonic()
            return invocation
        return None

    def answer(self, path: str, body: bytes) -> bool:
        """Note what the function says at a path; False if that means nothing."""
        if path == f"{VERSION}/init/error":
            self.init_error = json.loads(body)
            self.idle.set()
            return True
        head, _, what = path.removeprefix(f"{VERSION}/invocation/").partition("/")
        invocation = self._running.pop(head, None)
        if invocation is None or what not in ("response", "error"):
            return False
        invocation.answered_at = time.monotonic()
        if what == "response":
            invocation.response = body
        else:
            invocation.error = json.loads(body)
        invocation.answered.set()
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of functions that were killed."""


def _handler_of(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the other side would wait 40 ms between them

        def do_GET(self) -> None:
            invocation = api.take() if self.path == f"{VERSION}/invocation/next" else None
            if invocation is None:
                self._say(404, b"")
                return
            headers = {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(round(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:local:0:function:local",
                "Lambda-Runtime-Trace-Id": "Root=1-0-0;Sampled=0",
                "Content-Type": "application/json",
            }
            self._say(200, invocation.body, headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._say(202 if api.answer(self.path, body) else 404, b'{"status":"OK"}')

        def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
