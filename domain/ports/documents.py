"""Tax documents, files and mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.catalogue import Warehouse
from domain.documents import DocumentRequest, TaxDocument, Void


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesReport:
    """One series of numbers in a financial year, as a tax return declares it (GSTR-1, table 13).

    `missing` names serials that were counted and stand nowhere: a fault, never seen so far.
    """

    name: str
    last: int
    documents: int
    void: int
    missing: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentClaim:
    """A document that counts, and the order that should know of it."""

    number: str
    order_id: str
    issued_at: datetime


class DocumentRegister(Protocol):
    """Numbers and contents of tax documents."""

    async def register(self, request: DocumentRequest, supplier: Warehouse) -> TaxDocument:
        """Take the next number of the warehouse's series and store the document in one transaction.

        Idempotent by `request.key`: a repeat returns the stored document. A credit note is made
        from the stored invoice that it names and from the notes that took of it before.

        Raises:
            DocumentRefused: the credit note's invoice is unknown or void, it is too late for it,
                or it takes back more than the invoice has left; or the series is full.
        """
        ...

    async def find(self, number: str) -> TaxDocument | None:
        """Return a document by its number."""
        ...


class DocumentBooks(Protocol):
    """The register as bookkeeping sees it."""

    async def of_order(self, order_id: str) -> Sequence[TaxDocument]:
        """Return all documents of an order, void ones too, in the order of their issue."""
        ...

    async def declare_void(self, number: str, void: Void) -> TaxDocument:
        """Declare a document void; its number stays taken. Idempotent: the first reason stays.

        The same request then takes a new number, as a void document counts for nothing.

        Raises:
            DocumentRefused: there is no such document, or a credit note corrects it.
        """
        ...

    async def claims(self, year: str) -> Sequence[DocumentClaim]:
        """Return every document of a financial year that is not void, by number."""
        ...

    async def series(self, year: str) -> Sequence[SeriesReport]:
        """Return every series of a financial year (`2627`), by name."""
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
