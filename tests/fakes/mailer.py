"""A mail relay in memory."""

from dataclasses import dataclass, field

from domain.ports import Mail
from tests.fakes.recording import Recorder


@dataclass
class FakeMailer(Recorder):
    """A ``Mailer``; ``sent`` holds each mail as often as it went out."""

    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        async with self._call("send", mail=mail):
            self.sent.append(mail)

    def to(self, address: str) -> list[Mail]:
        """Return the mails to one address, oldest first."""
        return [mail for mail in self.sent if mail.to == address]
