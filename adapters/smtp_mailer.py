"""Mail over SMTP, by the standard library on a thread of its own."""

import asyncio
import re
import smtplib
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from functools import partial
from urllib.parse import unquote, urlsplit

from domain.errors import MailRefused, MailUnavailable
from domain.ports import Mail

TIMEOUT_S = 10.0
THREADS = 4
FIRST_PERMANENT_CODE = 500
PLAIN_PORT, TLS_PORT = 25, 465
ADDRESS = re.compile(r"\S+@\S+")
UNFIT_FOR_ID = re.compile(r"[^A-Za-z0-9_+=-]+")


class SmtpMailer:
    """A `Mailer`. Each mail takes a connection of its own: relays close idle ones unannounced.

    Args:
        smtp_url: `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the start;
            `smtp://` is upgraded with STARTTLS when the relay offers it.
        sender: address in From; its domain stands in each Message-ID.
        timeout_s: for each step of the dialogue.
    """

    def __init__(self, smtp_url: str, sender: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._relay = urlsplit(smtp_url)
        self._sender = sender
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="smtp")

    def close(self) -> None:
        """End the threads; mails under way are waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the relay; a repeat carries the same Message-ID.

        Raises:
            MailUnavailable: the relay did not take it this time, or is not there.
            MailRefused: the address or the mail itself is refused for good.
        """
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._threads, partial(self._deliver, self._compose(mail)))
        except smtplib.SMTPRecipientsRefused as error:
            message = f"the mail relay refuses {mail.key}: {_reason(error)}"
            raise (MailRefused if _is_final(error) else MailUnavailable)(message) from error
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as error:
            message = f"the mail relay refuses {mail.key}: {_reason(error)}"
            code = getattr(error, "smtp_code", FIRST_PERMANENT_CODE)
            kind = MailRefused if code >= FIRST_PERMANENT_CODE else MailUnavailable
            raise kind(message) from error
        except (OSError, smtplib.SMTPException) as error:
            message = f"the mail relay did not take {mail.key}: {_reason(error)}"
            raise MailUnavailable(message) from error
        except ValueError as error:
            # Line breaks in an address or a subject: nobody's mail, and never sent.
            message = f"{mail.key} cannot be sent: {error}"
            raise MailRefused(message) from error

    def _compose(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate()
        message["Message-ID"] = message_id(mail.key, self._sender)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message

    def _deliver(self, message: EmailMessage) -> None:
        is_tls = self._relay.scheme == "smtps"
        host = self._relay.hostname or "127.0.0.1"
        port = self._relay.port or (TLS_PORT if is_tls else PLAIN_PORT)
        connect = partial(smtplib.SMTP_SSL, context=self._tls) if is_tls else smtplib.SMTP
        with connect(host, port, timeout=self._timeout_s) as relay:
            relay.ehlo()
            if not is_tls and relay.has_extn("starttls"):
                relay.starttls(context=self._tls)
                relay.ehlo()
            if self._relay.username:
                relay.login(unquote(self._relay.username), unquote(self._relay.password or ""))
            relay.send_message(message)


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of a key, the same for each repeat: `<ord_….placed.1@shop.in>`."""
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{UNFIT_FOR_ID.sub('.', key)}@{domain}>"


def _is_final(error: smtplib.SMTPRecipientsRefused) -> bool:
    """Tell whether each recipient was refused with a permanent code (RFC 5321: 5xx)."""
    return all(code >= FIRST_PERMANENT_CODE for code, _ in error.recipients.values())


def _reason(error: Exception) -> str:
    """Return why, without anybody's address: relays quote it, and it has no place in logs."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        refusals: Mapping[str, tuple[int, bytes]] = error.recipients
        said = "; ".join(
            f"{code} {text.decode(errors='replace')}" for code, text in refusals.values()
        )
    else:
        said = f"{type(error).__name__}: {error}"
    return ADDRESS.sub("…", said)
