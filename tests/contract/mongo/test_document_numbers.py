"""Fifty workers, each with a connection of its own, and everything that can go wrong on the way."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from pymongo.errors import AutoReconnect, PyMongoError
from temporalio.testing import ActivityEnvironment

from activities.invoicing import InvoicingActivities, document_file
from adapters.mongo import transactions
from adapters.mongo.connection import Database, Session, close, connect
from adapters.mongo.documents import MongoDocumentRegister
from adapters.mongo.sample_catalogue import WAREHOUSES
from domain.catalogue import Warehouse
from domain.documents import Document, DocumentRequest, TaxDocument
from domain.errors import StoreUnavailable
from tests.contract.mongo.test_documents import request
from tests.fakes.aws import FakeFiles
from tests.fakes.stores import FakeCatalogue

PUNE = WAREHOUSES[0]
WORKERS = 50
EACH = 2


class Crashed(Exception):
    """The process ended here."""


class Chance:
    """Decides, the same way in each run, what goes wrong, and counts it."""

    def __init__(self) -> None:
        self._random = random.Random(20261123)
        self.happened: dict[str, int] = {}

    def strikes(self, what: str, share: float) -> bool:
        if self._random.random() >= share:
            return False
        self.happened[what] = self.happened.get(what, 0) + 1
        return True


TRANSIENT = "TransientTransactionError"
UNKNOWN = "UnknownTransactionCommitResult"


def labelled(label: str) -> PyMongoError:
    return AutoReconnect("the connection broke", errors={"errorLabels": [label]})


class UnluckyRegister(MongoDocumentRegister):
    """Takes numbers and stores documents as ever, but not always to the end."""

    def __init__(self, db: Database, chance: Chance) -> None:
        super().__init__(db)
        self._chance = chance

    async def _next_number(
        self, request: DocumentRequest, supplier: Warehouse, session: Session
    ) -> str:
        number = await super()._next_number(request, supplier, session)
        if self._chance.strikes("crash with a number and no document", 0.1):
            raise Crashed
        return number

    async def _issue(
        self, request: DocumentRequest, supplier: Warehouse, session: Session
    ) -> TaxDocument:
        document = await super()._issue(request, supplier, session)
        if self._chance.strikes("crash before the commit", 0.05):
            raise Crashed
        if self._chance.strikes("transient error", 0.1):
            raise labelled(TRANSIENT)
        return document


class Press:
    """Prints the number."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def render(self, document: TaxDocument) -> bytes:
        if self._chance.strikes("crash between number and file", 0.15):
            raise Crashed
        return document.number.encode()


def losing_answers(
    commit: Callable[[Session], Awaitable[None]], chance: Chance
) -> Callable[[Session], Awaitable[None]]:
    """Commit, and lose the answer now and then."""

    async def unlucky(session: Session) -> None:
        await commit(session)
        if chance.strikes("answer to the commit lost", 0.1):
            raise labelled(UNKNOWN)

    return unlucky


@pytest.fixture
async def connections(mongo_database: Database, mongodb_url: str) -> AsyncIterator[list[Database]]:
    async with AsyncExitStack() as stack:
        databases = [connect(mongodb_url, mongo_database.name) for _ in range(WORKERS)]
        for database in databases:
            stack.push_async_callback(close, database)
        yield databases


async def issue_until_done(activities: InvoicingActivities, asked: DocumentRequest) -> Document:
    """Repeat the activity as Temporal does, from the start, with the same request."""
    while True:
        try:
            return await ActivityEnvironment().run(activities.issue_document, asked)
        except (Crashed, StoreUnavailable):
            continue


async def test_fifty_workers_leave_no_gap_and_no_repeat_whatever_crashes(
    connections: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, files = Chance(), FakeFiles()
    monkeypatch.setattr(transactions, "_commit", losing_answers(transactions._commit, chance))

    async def work(database: Database) -> list[Document]:
        activities = InvoicingActivities(
            UnluckyRegister(database, chance), Press(chance), files, FakeCatalogue()
        )
        return [await issue_until_done(activities, request()) for _ in range(EACH)]

    issued = [one for each in await asyncio.gather(*map(work, connections)) for one in each]

    numbers = [document.number for document in issued]
    count = WORKERS * EACH
    assert sorted(numbers) == [f"PNQ/2627/{serial:06d}" for serial in range(1, count + 1)]
    assert set(files.stored) == {document_file(number) for number in numbers}
    assert len(chance.happened) == 5
    assert sum(chance.happened.values()) >= 25
    (series,) = await MongoDocumentRegister(connections[0]).series("2627")
    assert (series.last, series.documents, series.missing) == (count, count, ())
