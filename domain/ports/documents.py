"""Tax documents, files and mail."""

from dataclasses import dataclass
from typing import Protocol

from domain.catalogue import Warehouse
from domain.documents import DocumentRequest, TaxDocument


class DocumentRegister(Protocol):
    """Numbers and contents of tax documents."""

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        """Take the next number of the warehouse's series and store the document in one transaction.

        Idempotent by `request.key`: a repeat returns the stored document.
        """
        ...

    async def find(self, number: str) -> TaxDocument | None:
        """Return a document by its number."""
        ...


class DocumentRenderer(Protocol):
    """Makes the PDF of a document; pure, but slow enough for a thread."""

    def render(self, document: TaxDocument) -> bytes:
        """Return the PDF; the same document gives the same text."""
        ...


class DocumentFiles(Protocol):
    """Files in S3."""

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store a file; the same key is overwritten with the same content."""
        ...

    async def url(self, key: str, expires_s: int, filename: str) -> str:
        """Return a short-lived URL to download the file."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """One mail. `key` becomes its Message-ID, so a repeat can be recognised by the receiver too."""

    key: str
    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """The mail relay."""

    async def send(self, mail: Mail) -> None:
        """Hand one mail to the relay.

        Raises:
            MailUnavailable: the relay did not take it this time.
            MailRefused: the address is refused for good.
        """
        ...


class SentMail(Protocol):
    """Which messages went out: claim before, mark or release after."""

    async def claim(self, key: str) -> bool:
        """Claim a message for a minute or so; False if it was marked sent already.

        Raises:
            MailUnavailable: another attempt claimed it and may still be sending it. A claim whose
                holder died lapses by itself.
        """
        ...

    async def release(self, key: str) -> None:
        """Give a claim up: the message was not sent. Idempotent."""
        ...

    async def mark_sent(self, key: str) -> None:
        """Record that the relay took it. Idempotent."""
        ...
