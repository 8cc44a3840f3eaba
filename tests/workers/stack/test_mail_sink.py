from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from workers.stack.mail_sink import Mailbox, create_app


def mail(subject: str, text: str = "Your order", html: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@x.example", "a@x.example", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="in.pdf")
    return message.as_bytes()


def client(mailbox: Mailbox) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(mailbox))
    return httpx.AsyncClient(transport=transport, base_url="http://mail")


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path)


def test_mail_is_still_there_after_a_restart(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.add(["a@x.example", "b@x.example"], mail("₹1,499 paid", html="<b>Thanks</b>"))
    [kept] = Mailbox(tmp_path).all()
    shown = kept.as_json()
    assert (shown["subject"], shown["to"]) == ("₹1,499 paid", ["a@x.example", "b@x.example"])
    assert (shown["text"].strip(), shown["html"].strip()) == ("Your order", "<b>Thanks</b>")
    assert shown["attachments"] == ["in.pdf"]
    assert "X-Sink-Recipients" not in shown["headers"]


async def test_mail_is_found_by_its_recipient(mailbox: Mailbox) -> None:
    mailbox.add(["a@x.example"], mail("one"))
    mailbox.add(["b@x.example"], mail("two"))
    async with client(mailbox) as page:
        answer = await page.get("/api/messages", params={"to": "b@x.example"})
    assert [each["subject"] for each in answer.json()["messages"]] == ["two"]


async def test_a_mail_cannot_act_on_the_page(mailbox: Mailbox) -> None:
    mailbox.add(["a@x.example"], mail("<script>x</script>", html="<script>y</script>"))
    async with client(mailbox) as page:
        assert "<script>" not in (await page.get("/")).text
        assert "<script>" not in (await page.get("/messages/1")).text
        part = await page.get("/messages/1?part=html")
    assert "sandbox" in part.headers["content-security-policy"]


async def test_a_message_that_is_not_there_is_404(mailbox: Mailbox) -> None:
    async with client(mailbox) as page:
        assert (await page.get("/messages/7")).status_code == 404


async def test_the_mailbox_can_be_emptied(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.add(["a@x.example"], mail("one"))
    async with client(mailbox) as page:
        assert (await page.delete("/api/messages")).json() == {"messages": []}
    assert Mailbox(tmp_path).all() == []


async def test_garbage_is_kept_too(mailbox: Mailbox) -> None:
    mailbox.add(["a@x.example"], b"\xff\xfe no headers at all")
    async with client(mailbox) as page:
        assert (await page.get("/messages/1")).status_code == 200
