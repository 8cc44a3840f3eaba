"""What every mailer promises: the relay of the development stack, and the fake."""

import secrets
import socketserver
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from adapters.smtp_mailer import SmtpMailer, message_id
from domain.errors import MailRefused, MailUnavailable
from domain.ports import Mail, Mailer
from tests.fakes.gateways import FakeMailer
from tests.services import SmtpSink

SENDER = "Shop <orders@shop.example>"


class Post(Protocol):
    """A mailer, and what its receivers read."""

    @property
    def mailer(self) -> Mailer: ...

    def read(self, address: str) -> list[tuple[str, str, str]]: ...


@dataclass
class FakePost:
    mailer: FakeMailer

    def read(self, address: str) -> list[tuple[str, str, str]]:
        return [(mail.subject, mail.text, mail.html) for mail in self.mailer.to(address)]


@dataclass
class SmtpPost:
    mailer: SmtpMailer
    sink: SmtpSink

    def read(self, address: str) -> list[tuple[str, str, str]]:
        return [
            (
                mail["subject"],
                *(mail[part].replace("\r\n", "\n").rstrip() for part in ("text", "html")),
            )
            for mail in self.sink.messages(address)
        ]


@pytest.fixture
async def smtp_post(smtp_sink: SmtpSink) -> AsyncIterator[SmtpPost]:
    mailer = SmtpMailer(smtp_sink.url, SENDER)
    yield SmtpPost(mailer=mailer, sink=smtp_sink)
    mailer.close()


@pytest.fixture(params=["fake", "smtp"])
def post(request: pytest.FixtureRequest) -> Post:
    if request.param == "fake":
        return FakePost(mailer=FakeMailer())
    found: SmtpPost = request.getfixturevalue("smtp_post")
    return found


def a_mail(**changes: str) -> Mail:
    to = changes.pop("to", f"{secrets.token_hex(6)}@example.com")
    given = {
        "key": f"{to}:order_placed:1",
        "subject": "Your order of ₹1,499 – thank you",
        "text": "Dear Āsha,\nit is on its way.",
        "html": "<p>Dear Āsha, it is <b>on its way</b>.</p>",
    }
    return Mail(to=to, **(given | changes))


async def test_a_mail_arrives_with_both_its_texts(post: Post) -> None:
    mail = a_mail()
    await post.mailer.send(mail)

    assert post.read(mail.to) == [(mail.subject, mail.text, mail.html)]


async def test_each_mail_goes_to_its_own_receiver(post: Post) -> None:
    first, second = a_mail(text="one"), a_mail(text="two")
    for mail in (first, second):
        await post.mailer.send(mail)

    assert [text for _, text, _ in post.read(first.to)] == ["one"]
    assert [text for _, text, _ in post.read(second.to)] == ["two"]


async def test_a_repeat_can_be_recognised(smtp_post: SmtpPost) -> None:
    mail = a_mail()
    for _ in range(2):
        await smtp_post.mailer.send(mail)

    first, second = (one["headers"] for one in smtp_post.sink.messages(mail.to))
    assert first["Message-ID"] == second["Message-ID"] == message_id(mail.key, SENDER)
    assert (first["From"], first["To"]) == (SENDER, mail.to)
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"]


def test_a_message_id_is_made_of_its_key() -> None:
    made = message_id("ord_abc:order_placed:1", SENDER)
    assert made == "<ord_abc.order_placed.1@shop.example>"
    assert message_id("ord_abc:order_placed:2", SENDER) != made


async def test_a_relay_that_is_away_may_come_back() -> None:
    mailer = SmtpMailer("smtp://127.0.0.1:9", SENDER)
    with pytest.raises(MailUnavailable, match="order_placed"):
        await mailer.send(a_mail())
    mailer.close()


async def test_a_relay_that_says_nothing_is_given_up() -> None:
    with relay_saying(b"") as url:
        mailer = SmtpMailer(url, SENDER, timeout_s=0.2)
        with pytest.raises(MailUnavailable, match=r"imeout|timed out"):
            await mailer.send(a_mail())
        mailer.close()


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [("550 no such mailbox", MailRefused), ("450 mailbox is busy", MailUnavailable)],
)
async def test_a_refused_receiver_is_told_without_their_address(
    refusal: str, expected: type[Exception]
) -> None:
    mail = a_mail(key="ord_abc:order_placed:1")
    with relay_saying(b"220 relay\r\n", refusal=f"{refusal}\r\n".encode()) as url:
        mailer = SmtpMailer(url, SENDER)
        with pytest.raises(expected, match=refusal) as caught:
            await mailer.send(mail)
        mailer.close()
    assert mail.to not in str(caught.value)


@pytest.mark.parametrize("field", ["to", "subject"])
async def test_no_header_can_be_smuggled_in(smtp_post: SmtpPost, field: str) -> None:
    mail = a_mail(**{field: "x@example.com\r\nBcc: victim@example.com"})
    with pytest.raises(MailRefused, match="cannot be sent"):
        await smtp_post.mailer.send(mail)
    assert smtp_post.sink.messages("victim@example.com") == []


@contextmanager
def relay_saying(greeting: bytes, refusal: bytes = b"") -> Iterator[str]:
    """A relay that greets so, and refuses every receiver so."""

    class Dialogue(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting)
            for line in self.rfile:
                word = line[:4].upper()
                told = {b"RCPT": refusal, b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
                self.wfile.write(told.get(word, b"250 fine\r\n"))
                if word == b"QUIT":
                    return

    class Relay(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is what the test wants."""

    with Relay(("127.0.0.1", 0), Dialogue) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{relay.server_address[1]}"
        finally:
            relay.shutdown()
            thread.join()
