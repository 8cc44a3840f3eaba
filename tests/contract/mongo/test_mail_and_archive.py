import asyncio
from datetime import timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.sent_mail import MongoSentMail
from domain.errors import MailUnavailable
from domain.events import EventType
from domain.order import Allocation
from domain.ports import OrderArchive, SentMail
from domain.shipment import Shipment, ShipmentLine, ShipmentState
from domain.snapshot import Cancellation
from tests.fakes.keys import FakeOrderArchive, FakeSentMail
from tests.fakes.samples import NOON, random_order_id, sample_state


@pytest.fixture
def sent_mail(database: Database | None) -> SentMail:
    return FakeSentMail() if database is None else MongoSentMail(database)


@pytest.fixture
def archive(database: Database | None) -> OrderArchive:
    return FakeOrderArchive() if database is None else MongoOrderArchive(database)


async def test_a_message_is_claimed_until_it_is_sent(sent_mail: SentMail) -> None:
    assert await sent_mail.claim("ord_a:placed:1")
    await sent_mail.mark_sent("ord_a:placed:1")
    await sent_mail.mark_sent("ord_a:placed:1")
    assert not await sent_mail.claim("ord_a:placed:1")
    assert await sent_mail.claim("ord_a:placed:2")


async def test_only_one_attempt_at_a_time_holds_a_claim(sent_mail: SentMail) -> None:
    assert await sent_mail.claim("ord_a:placed:1")
    with pytest.raises(MailUnavailable, match="ord_a:placed:1 is being sent by another attempt"):
        await sent_mail.claim("ord_a:placed:1")
    await sent_mail.release("ord_a:placed:1")
    await sent_mail.release("ord_a:placed:1")
    assert await sent_mail.claim("ord_a:placed:1")


async def test_one_of_many_claims_at_once_wins(sent_mail: SentMail) -> None:
    claims = (sent_mail.claim("ord_a:placed:1") for _ in range(20))
    outcomes = await asyncio.gather(*claims, return_exceptions=True)
    assert [outcome for outcome in outcomes if outcome is True] == [True]
    assert sum(isinstance(outcome, MailUnavailable) for outcome in outcomes) == 19


async def test_the_claim_of_a_dead_attempt_lapses(mongo_database: Database) -> None:
    dead = MongoSentMail(mongo_database, claim=timedelta(0))
    assert await dead.claim("ord_a:placed:1")
    assert await MongoSentMail(mongo_database).claim("ord_a:placed:1")


async def test_a_closed_order_is_loaded_as_it_was(archive: OrderArchive) -> None:
    state = sample_state()
    lines = (ShipmentLine(sku="TEE-BLK-M", quantity=2),)
    state.allocations = (Allocation(warehouse="PNQ", lines=lines),)
    state.shipments[1] = Shipment(
        number=1,
        warehouse="PNQ",
        lines=lines,
        state=ShipmentState.DELIVERED,
        reference=f"{state.order_id}-1",
        changed_at=NOON,
    )
    await archive.store(state)
    assert await archive.load(state.order_id) == state
    assert await archive.load(random_order_id()) is None


async def test_a_later_closing_replaces_the_stored_state_and_an_older_does_not(
    archive: OrderArchive,
) -> None:
    order = random_order_id()
    older, newer = sample_state(order_id=order), sample_state(order_id=order)
    at = NOON + timedelta(days=9)
    cancellation = Cancellation(reason="changed my mind", by="customer", at=at)
    newer.emit(EventType.ORDER_CANCELLED, at, cancellation=cancellation)
    for state in (older, newer, older):
        await archive.store(state)
    assert await archive.load(order) == newer
