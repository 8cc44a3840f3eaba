"""Puts messages on one SQS queue over a connection that is kept between invocations.

Standard library only. The connection is made at the first send and made once more when the kept
one turns out to be dead: a function sleeps between invocations, and AWS closes idle connections.
"""

import json
import ssl
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lambdas.sigv4 import TIME_FORMAT, Call, Credentials, Scope, signed_headers

SEND_DEADLINE_S: Final = 4.0
"""For the whole send; Razorpay waits for five seconds."""
SHORTEST_TRY_S: Final = 0.2
ANSWERED: Final = 200
SERVER_ERROR: Final = 500
TOO_MANY: Final = 429
AMAZON_ROOTS: Final = Path(__file__).with_name("amazon_roots.pem")


class QueueUnavailable(Exception):
    """The queue did not take a message; says why, for the log only."""


class QueueSender:
    """Sends to one queue; not for several threads at once.

    Args:
        queue_url: as SQS gives it.
        region: the queue's region.
        credentials: asked at each send, because a role's credentials change.
        endpoint_url: an emulator; None means the queue URL's own host.
    """

    def __init__(
        self,
        queue_url: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        endpoint_url: str | None = None,
    ) -> None:
        self._queue_url = queue_url
        self._scope = Scope(region=region, service="sqs")
        self._credentials = credentials
        endpoint = urlsplit(endpoint_url or queue_url)
        self._secure = endpoint.scheme == "https"
        self._host = endpoint.netloc
        self._tls = tls_context() if self._secure else None
        self._connection: HTTPConnection | None = None

    def send(self, body: str, *, within_s: float = SEND_DEADLINE_S) -> None:
        """Put one message on the queue, durably once this returns; perhaps twice.

        Raises:
            QueueUnavailable: it did not take the message within `within_s`.
        """
        payload = json.dumps({"QueueUrl": self._queue_url, "MessageBody": body}).encode()
        until = time.monotonic() + within_s
        reason = ""
        for _ in range(2):
            left = until - time.monotonic()
            if left < SHORTEST_TRY_S:
                break
            try:
                reason = self._try(payload, left)
            except (OSError, HTTPException) as error:
                self.close()
                self._trust_more(error)
                reason = f"{type(error).__name__}: {error}"
            if not reason:
                return
        message = f"{self._queue_url}: {reason or 'no time left'}"
        raise QueueUnavailable(message)

    def close(self) -> None:
        """Drop the connection; the next send makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, payload: bytes, timeout_s: float) -> str:
        """Send once; return why a second try is worthwhile, or nothing when the queue has it.

        Raises:
            QueueUnavailable: the queue refuses, and would again.
        """
        connection = self._open(timeout_s)
        connection.request("POST", "/", body=payload, headers=self._headers(payload))
        answer = connection.getresponse()
        said = answer.read()
        if answer.will_close:
            self.close()
        if answer.status == ANSWERED:
            return ""
        reason = f"{answer.status} {said[:200].decode(errors='replace')}"
        if answer.status >= SERVER_ERROR or answer.status == TOO_MANY:
            return reason
        message = f"{self._queue_url}: {reason}"
        raise QueueUnavailable(message)

    def _open(self, timeout_s: float) -> HTTPConnection:
        if self._connection is None:
            self._connection = (
                HTTPSConnection(self._host, timeout=timeout_s, context=self._tls)
                if self._tls
                else HTTPConnection(self._host, timeout=timeout_s)
            )
        elif self._connection.sock is not None:
            self._connection.sock.settimeout(timeout_s)
        return self._connection

    def _headers(self, payload: bytes) -> dict[str, str]:
        headers = {
            "Host": self._host,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": "AmazonSQS.SendMessage",
        }
        call = Call(method="POST", path="/", headers=headers, body=payload)
        at = time.strftime(TIME_FORMAT, time.gmtime())
        return signed_headers(call, self._credentials(), self._scope, at)

    def _trust_more(self, error: Exception) -> None:
        """After a certificate of another root: check against the whole store of the system."""
        if self._tls is not None and isinstance(error, ssl.SSLCertVerificationError):
            self._tls.load_default_certs()


def tls_context() -> ssl.SSLContext:
    """Return a context that trusts the roots that AWS signs with.

    Reading the system's 140 roots costs more than everything else that a receiver does before its
    first answer; these five take a tenth of it. https://www.amazontrust.com/repository
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(AMAZON_ROOTS)
    return context


def credentials_in(env: Mapping[str, str]) -> Credentials:
    """Return the credentials that the runtime puts into a function's environment.

    Raises:
        QueueUnavailable: there are none.
    """
    try:
        return Credentials(
            access_key=env["AWS_ACCESS_KEY_ID"],
            secret_key=env["AWS_SECRET_ACCESS_KEY"],
            session_token=env.get("AWS_SESSION_TOKEN", ""),
        )
    except KeyError as error:
        message = f"{error.args[0]} is not set: give the function a role"
        raise QueueUnavailable(message) from error
