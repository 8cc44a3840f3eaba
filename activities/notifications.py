"""Messages to the customer, each at most once per occasion."""

import asyncio
from dataclasses import dataclass, replace

from temporalio import activity

from activities.failures import refusals
from domain import ids
from domain.notifications import NotificationRequest, compose_mail
from domain.ports import Mail, Mailer, SentMail
from domain.ports.links import LinkKeys


@dataclass(frozen=True, kw_only=True, slots=True)
class SendNotificationResult:
    """The channel it went out on."""

    channel: str


class NotificationActivities:
    """Tried in the `orders` worker first, else on the `notifications` queue.

    The window between the relay's acceptance and the mark is named: a crash inside it repeats the
    mail under the same Message-ID, once the claim has lapsed.
    """

    def __init__(self, mailer: Mailer, sent: SentMail, links: LinkKeys) -> None:
        """Receive the ports."""
        self._mailer = mailer
        self._sent = sent
        self._links = links
        self._under_way: set[asyncio.Task[None]] = set()

    @activity.defn
    async def send_notification(self, request: NotificationRequest) -> SendNotificationResult:
        """Claim, send, mark. A message that is marked sent already is not sent again.

        An attempt that is given up while it talks to the relay ends that talk and marks the
        message; the next attempt finds the claim and waits its turn. Fails for good with
        `MailRefused`.
        """
        key = ids.notification_key(request.order_id, request.template, request.occasion)
        letter = compose_mail(key, await self._linked(request))
        if await self._sent.claim(key):
            delivery = asyncio.create_task(self._deliver(letter))
            self._under_way.add(delivery)
            delivery.add_done_callback(self._end)
            with refusals():
                await asyncio.shield(delivery)
        return SendNotificationResult(channel="email")

    async def _linked(self, request: NotificationRequest) -> NotificationRequest:
        """Return the request with the link's key, which thus never stands in a history."""
        key = await self._links.key(request.order_id)
        return replace(request, tracking_url=f"{request.tracking_url}?k={key}")

    async def _deliver(self, mail: Mail) -> None:
        try:
            await self._mailer.send(mail)
        except Exception:
            await self._sent.release(mail.key)
            raise
        await self._sent.mark_sent(mail.key)

    def _end(self, delivery: asyncio.Task[None]) -> None:
        self._under_way.discard(delivery)
        if not delivery.cancelled():
            delivery.exception()  # an attempt that was given up has nobody left to tell
