"""Messages to the customer, each at most once per occasion."""

from dataclasses import dataclass

from temporalio import activity

from activities.failures import refusals
from domain import ids
from domain.notifications import NotificationRequest, compose_mail
from domain.ports import Mailer, SentMail


@dataclass(frozen=True, kw_only=True, slots=True)
class SendNotificationResult:
    """The channel it went out on."""

    channel: str


class NotificationActivities:
    """Tried in the `orders` worker first, else on the `notifications` queue.

    The window between the relay's acceptance and the mark is named: a crash inside it repeats the
    mail under the same Message-ID.
    """

    def __init__(self, mailer: Mailer, sent: SentMail) -> None:
        """Receive the ports."""
        self._mailer = mailer
        self._sent = sent

    @activity.defn
    async def send_notification(self, request: NotificationRequest) -> SendNotificationResult:
        """Claim, send, mark. A message that is marked sent already is not sent again.

        Fails for good with `MailRefused`.
        """
        key = ids.notification_key(request.order_id, request.template, request.occasion)
        if await self._sent.claim(key):
            with refusals():
                await self._mailer.send(compose_mail(key, request))
            await self._sent.mark_sent(key)
        return SendNotificationResult(channel="email")
