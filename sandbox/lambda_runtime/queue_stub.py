"""A queue that only takes messages, for functions: what SQS answers, and how it fails."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Final

PATH: Final = "/000000000000/webhook-inbox"


class Mood(StrEnum):
    """How the queue answers the next sends."""

    WELL = "well"
    BUSY = "busy"
    """503, as SQS says when it is overloaded."""
    REFUSES = "refuses"
    """403, as SQS says to a role without the right."""
    HANGS = "hangs"
    """Takes the request and never answers."""
    HANGS_UP = "hangs up"
    """Closes the connection instead of answering."""
    FORGETS = "forgets"
    """Answers, then closes the connection without having said so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One request as it arrived; `connection` tells which connection it came on."""

    body: bytes
    headers: Mapping[str, str]
    connection: int


@dataclass(kw_only=True)
class QueueStub:
    """Listens on loopback while its block runs; over TLS if it is given a context.

    `moods` are used up one by one; afterwards the queue is `mood`.
    """

    mood: Mood = Mood.WELL
    moods: list[Mood] = field(default_factory=list)
    tls: SSLContext | None = None
    sent: list[Sent] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "QueueStub":
        """Start."""
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        """Return where it listens."""
        scheme = "https" if self.tls is not None else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Return the queue's URL."""
        return f"{self.endpoint}{PATH}"

    @property
    def messages(self) -> list[str]:
        """Return the bodies of the messages that were taken."""
        return [json.loads(each.body)["MessageBody"] for each in self.sent]

    def next_mood(self) -> Mood:
        """Return how the next send is answered."""
        return self.moods.pop(0) if self.moods else self.mood


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that go away."""


def _handler_of(stub: QueueStub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the other side would wait 40 ms between them

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            mood = stub.next_mood()
            if mood is Mood.HANGS:
                stub.closing.wait()
            if mood in (Mood.HANGS, Mood.HANGS_UP):
                self.close_connection = True
                return
            if mood in (Mood.WELL, Mood.FORGETS):
                port = self.client_address[1]
                stub.sent.append(Sent(body=body, headers=dict(self.headers), connection=port))
            self._say(mood)

        def _say(self, mood: Mood) -> None:
            status = {Mood.BUSY: 503, Mood.REFUSES: 403}.get(mood, 200)
            said = b'{"MessageId":"m"}' if status == 200 else b'{"__type":"X"}'  # noqa: PLR2004
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            self.close_connection = mood is Mood.FORGETS

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    return Handler
