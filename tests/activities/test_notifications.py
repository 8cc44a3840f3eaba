import asyncio
from dataclasses import replace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.notifications import NotificationActivities
from domain.errors import MailRefused, MailUnavailable
from domain.ports import Mail
from tests.activities.requests import MAIL
from tests.domain.orders import ORDER_ID
from tests.fakes.keys import FakeSentMail
from tests.fakes.links import FakeLinkKeys
from tests.fakes.mailer import FakeMailer


class PostOffice:
    def __init__(self) -> None:
        self.mailer, self.sent = FakeMailer(), FakeSentMail()
        self.activities = NotificationActivities(self.mailer, self.sent, FakeLinkKeys())

    async def send(self, occasion: str = "4") -> str:
        request = replace(MAIL, occasion=occasion)
        done = await ActivityEnvironment().run(self.activities.send_notification, request)
        return done.channel


async def test_a_message_is_claimed_sent_and_marked() -> None:
    office = PostOffice()
    assert await office.send() == "email"
    (mail,) = office.mailer.sent
    assert (mail.key, mail.to) == (f"{ORDER_ID}:order_confirmed:4", "asha@example.com")
    assert "Your order is confirmed" in mail.subject
    assert office.sent.sent == {mail.key}


async def test_the_mail_holds_a_link_to_the_order_with_its_key() -> None:
    office = PostOffice()
    await office.send()
    (mail,) = office.mailer.sent
    link = f"https://shop.test/track/{ORDER_ID}?k={ORDER_ID}-key-0"
    assert link in mail.text
    assert f"href='{link}'" in mail.html


async def test_a_message_that_is_marked_is_not_sent_again() -> None:
    office = PostOffice()
    assert [await office.send(), await office.send()] == ["email", "email"]
    assert len(office.mailer.sent) == 1


async def test_another_occasion_is_another_message() -> None:
    office = PostOffice()
    await office.send("4")
    await office.send("9")
    assert [mail.key[-1] for mail in office.mailer.sent] == ["4", "9"]


async def test_a_relay_that_is_away_leaves_the_message_unmarked() -> None:
    office = PostOffice()
    office.mailer.fail("send", MailUnavailable("away"))
    with pytest.raises(MailUnavailable):
        await office.send()
    assert office.sent.sent == set()
    await office.send()
    assert len(office.mailer.sent) == 1


async def test_a_lost_answer_repeats_the_mail_under_the_same_key() -> None:
    office = PostOffice()
    office.mailer.lose_answer("send", MailUnavailable("lost"))
    with pytest.raises(MailUnavailable):
        await office.send()
    await office.send()
    assert len({mail.key for mail in office.mailer.sent}) == 1


async def test_a_refused_address_is_final_and_stays_unmarked() -> None:
    office = PostOffice()
    office.mailer.fail("send", MailRefused("no such mailbox"))
    with pytest.raises(ApplicationError, match="no such mailbox") as refused:
        await office.send()
    assert refused.value.type == "MailRefused"
    assert office.sent.sent == set()


async def test_an_attempt_that_is_given_up_still_ends_its_talk_and_the_next_does_not_send() -> None:
    office = PostOffice()
    relay = SlowRelay()
    activities = NotificationActivities(relay, office.sent, FakeLinkKeys())
    first = asyncio.create_task(activities.send_notification(MAIL))
    await relay.reached.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    with pytest.raises(MailUnavailable, match="being sent by another attempt"):
        await activities.send_notification(MAIL)
    relay.answers.set()
    async with asyncio.timeout(5):
        await office.sent.settled.wait()
    assert (await activities.send_notification(MAIL)).channel == "email"
    assert relay.sent == 1


async def test_an_attempt_that_was_given_up_and_failed_leaves_the_message_to_the_next() -> None:
    office = PostOffice()
    relay = SlowRelay(MailUnavailable("closed the line"))
    activities = NotificationActivities(relay, office.sent, FakeLinkKeys())
    first = asyncio.create_task(activities.send_notification(MAIL))
    await relay.reached.wait()
    first.cancel()
    relay.answers.set()
    async with asyncio.timeout(5):
        await office.sent.settled.wait()
    relay.failure = None
    await activities.send_notification(MAIL)
    assert relay.sent == 1
    assert first.cancelled()


class SlowRelay:
    """A relay that answers when it is told to."""

    def __init__(self, failure: MailUnavailable | None = None) -> None:
        self.reached, self.answers = asyncio.Event(), asyncio.Event()
        self.failure = failure
        self.sent = 0

    async def send(self, mail: Mail) -> None:
        self.reached.set()
        await self.answers.wait()
        if self.failure:
            raise self.failure
        self.sent += 1
