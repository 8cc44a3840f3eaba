"""A mail server for development: keeps what is sent and shows it on a page.

Messages stand as ``.eml`` files in a folder, so they are there again after a restart.
"""

import argparse
import asyncio
import contextlib
import email
import html
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as mail_policy
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

LOOPBACK = "127.0.0.1"
KEPT_MESSAGES = 1_000
MAX_MESSAGE_BYTES = 20 * 1024 * 1024
STYLE = (
    "body{font:15px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;"
    "border-bottom:1px solid #ddd}pre{white-space:pre-wrap}"
    "iframe{width:100%;height:40rem;border:1px solid #ddd}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredMail:
    """One received message; ``recipients`` is the SMTP envelope, not the header."""

    mail_id: int
    received_at: datetime
    recipients: tuple[str, ...]
    message: EmailMessage

    def as_json(self) -> dict[str, Any]:
        """What ``/api/messages`` shows of it."""
        return {
            "id": self.mail_id,
            "received_at": self.received_at.isoformat(),
            "from": str(self.message["From"] or ""),
            "to": list(self.recipients),
            "subject": str(self.message["Subject"] or ""),
            "headers": {name: str(value) for name, value in self.message.items()},
            "text": self.body("plain"),
            "html": self.body("html"),
            "attachments": [part.get_filename() or "" for part in self.message.iter_attachments()],
        }

    def body(self, kind: str) -> str:
        """The ``plain`` or ``html`` text, empty if there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return "" if part is None else str(part.get_content())


class Mailbox:
    """Received messages, newest last; the oldest are dropped beyond ``KEPT_MESSAGES``."""

    def __init__(self, folder: Path) -> None:
        """Load what an earlier run stored in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        stored = sorted(folder.glob("*.eml"))
        self._mails = {mail.mail_id: mail for mail in map(_load, stored)}
        self._ids = itertools.count(max(self._mails, default=0) + 1)

    def add(self, recipients: list[str], content: bytes) -> None:
        """Store one message, then make it visible."""
        mail_id, received_at = next(self._ids), datetime.now(UTC)
        envelope = f"X-Sink-Received: {received_at.isoformat()}\r\n"
        envelope += f"X-Sink-Recipients: {', '.join(recipients)}\r\n"
        path = self._folder / f"{mail_id:08}.eml"
        path.write_bytes(envelope.encode() + content)
        self._mails[mail_id] = _load(path)
        for dropped in list(self._mails)[:-KEPT_MESSAGES]:
            del self._mails[dropped]
            (self._folder / f"{dropped:08}.eml").unlink(missing_ok=True)

    def all(self) -> list[StoredMail]:
        """Every kept message, oldest first."""
        return list(self._mails.values())

    def get(self, mail_id: int) -> StoredMail | None:
        """One message."""
        return self._mails.get(mail_id)

    def clear(self) -> None:
        """Forget every message."""
        for mail_id in list(self._mails):
            del self._mails[mail_id]
            (self._folder / f"{mail_id:08}.eml").unlink(missing_ok=True)


def _load(path: Path) -> StoredMail:
    message = email.message_from_bytes(path.read_bytes(), policy=mail_policy)
    received, recipients = str(message["X-Sink-Received"]), str(message["X-Sink-Recipients"])
    del message["X-Sink-Received"]
    del message["X-Sink-Recipients"]
    return StoredMail(
        mail_id=int(path.stem),
        received_at=datetime.fromisoformat(received),
        recipients=tuple(filter(None, recipients.split(", "))),
        message=message,
    )


class SinkHandler:
    """Accepts every message."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Store into ``mailbox``."""
        self._mailbox = mailbox

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message and say so."""
        content = envelope.content or b""
        self._mailbox.add(
            envelope.rcpt_tos, content.encode() if isinstance(content, str) else content
        )
        return "250 kept"


def create_app(mailbox: Mailbox) -> Starlette:
    """The page and its JSON."""

    async def ready(_request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def messages(request: Request) -> Response:
        wanted = request.query_params.get("to")
        found = [mail for mail in mailbox.all() if wanted is None or wanted in mail.recipients]
        return JSONResponse({"messages": [mail.as_json() for mail in found]})

    async def clear(_request: Request) -> Response:
        mailbox.clear()
        return JSONResponse({"messages": []})

    async def index(_request: Request) -> Response:
        return HTMLResponse(_list_page(mailbox.all()))

    async def show(request: Request) -> Response:
        mail = mailbox.get(request.path_params["mail_id"])
        if mail is None:
            return PlainTextResponse("no such message", status_code=404)
        if request.query_params.get("part") == "html":
            # Opaque origin, no scripts: a mail must not act on this page.
            return HTMLResponse(
                mail.body("html"), headers={"Content-Security-Policy": "sandbox; script-src 'none'"}
            )
        return HTMLResponse(_mail_page(mail))

    return Starlette(
        routes=[
            Route("/", index),
            Route("/messages/{mail_id:int}", show),
            Route("/api/messages", messages, methods=["GET"]),
            Route("/api/messages", clear, methods=["DELETE"]),
            Route("/readyz", ready),
        ]
    )


def _list_page(mails: list[StoredMail]) -> str:
    rows = "".join(
        f"<tr><td>{mail.received_at:%H:%M:%S}</td>"
        f"<td>{html.escape(', '.join(mail.recipients))}</td>"
        f'<td><a href="/messages/{mail.mail_id}">'
        f"{html.escape(str(mail.message['Subject'] or '(no subject)'))}</a></td></tr>"
        for mail in reversed(mails)
    )
    heading = f"<h1>Mail</h1><p>{len(mails)} messages, newest first</p>"
    table = f"<table><tr><th>Time (UTC)</th><th>To</th><th>Subject</th></tr>{rows}</table>"
    return _page("Mail", '<meta http-equiv="refresh" content="5">', heading + table)


def _mail_page(mail: StoredMail) -> str:
    seen = mail.as_json()
    head = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in mail.message.items()
    )
    shown = f"<pre>{html.escape(seen['text'])}</pre>"
    if seen["html"]:
        shown = f'<iframe sandbox src="/messages/{mail.mail_id}?part=html"></iframe>{shown}'
    attachments = ", ".join(map(html.escape, seen["attachments"]))
    footer = f"<p>Attachments: {attachments}</p>" if attachments else ""
    title = html.escape(seen["subject"])
    return _page(
        title,
        "",
        f'<p><a href="/">All mail</a></p><h1>{title}</h1><table>{head}</table>{shown}{footer}',
    )


def _page(title: str, head: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )


@contextlib.asynccontextmanager
async def smtp_listener(mailbox: Mailbox, port: int) -> AsyncIterator[None]:
    """Accept mail on ``port`` while the block runs."""
    handler = SinkHandler(mailbox)

    def protocol() -> SMTP:
        return SMTP(handler, data_size_limit=MAX_MESSAGE_BYTES, hostname="mail-sink")

    server = await asyncio.get_running_loop().create_server(protocol, LOOPBACK, port)
    try:
        yield
    finally:
        server.close()


async def serve(*, smtp_port: int, http_port: int, folder: Path) -> None:
    """Run the sink until SIGTERM or SIGINT."""
    mailbox = Mailbox(folder)
    config = uvicorn.Config(
        create_app(mailbox), host=LOOPBACK, port=http_port, log_level="warning", lifespan="off"
    )
    async with smtp_listener(mailbox, smtp_port):
        await uvicorn.Server(config).serve()


def main() -> None:
    """Command line of the sink process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            serve(smtp_port=given.smtp_port, http_port=given.http_port, folder=given.folder)
        )


if __name__ == "__main__":
    main()
