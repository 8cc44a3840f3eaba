"""A consumer is one new module: found, provisioned, run, judged and documented by that alone."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

import consumers
from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.publisher import SnsEventPublisher
from adapters.mongo.connection import Database
from adapters.system_clock import SystemClock
from consumers.metrics import ConsumerMetrics
from consumers.needs import ConsumerPorts
from consumers.registry import ConsumerModule, discover
from tests.consumers.conformance import WAYS, Court, Way, with_a_hole_for_good
from tests.consumers.doubles import MemoryLive, MemoryNews, Workflows
from tests.consumers.orders import log_of, new_order_id
from workers import asyncapi, event_page
from workers.event_topology import topology
from workers.run_consumer import Connections, ports_over, run_consumers

THE_MODULE = '''
"""Counts what is sold, per day."""

from collections.abc import Sequence

from consumers.contract import (
    FOREVER, Atomicity, ConsumerContract, Idempotency, IdempotencyKey, OnDuplicate, OnMismatch,
    Ordering, UnknownType,
)
from consumers.needs import ConsumerPorts
from domain.events import EventType, OrderEvent
from domain.ports import Change

CONTRACT = ConsumerContract(
    name="daily_sales",
    types=frozenset({EventType.PAYMENT_CONFIRMED}),
    queue="daily-sales",
    idempotency=Idempotency(
        key=IdempotencyKey.EVENT_ID,
        scope="consumer",
        store="MongoDB: consumer_inbox, consumer_records",
        window=FOREVER,
        atomicity=Atomicity.SAME_TRANSACTION,
        on_duplicate=OnDuplicate.NOTHING,
        on_mismatch=OnMismatch.KEEP_FIRST,
    ),
    ordering=Ordering.NONE,
    unknown_type=UnknownType.IGNORE,
    replay_safe=True,
)


class DailySales:
    def __init__(self, ports: ConsumerPorts) -> None:
        self._records = ports.records

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        for event in events:
            paise = event.data.payment.amount_paise if event.data.payment else 0
            day = Change(key=event.time.date().isoformat(), add={"orders": 1, "paise": paise})
            await self._records.apply(CONTRACT.name, event, [day])


def build(ports: ConsumerPorts) -> DailySales:
    return DailySales(ports)
'''


@pytest.fixture(scope="module", autouse=True)
def _one_new_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The module lies beside the others, as far as anybody can see."""
    folder = tmp_path_factory.mktemp("consumers")
    (folder / "daily_sales.py").write_text(THE_MODULE, encoding="utf-8")
    consumers.__path__.append(str(folder))
    importlib.invalidate_caches()
    yield
    consumers.__path__.remove(str(folder))
    sys.modules.pop("consumers.daily_sales", None)
    vars(consumers).pop("daily_sales", None)


@pytest.fixture
def newcomer(_one_new_file: None) -> ConsumerModule:
    return discover()["daily_sales"]


@pytest.fixture(scope="module")
def clients(aws_endpoint_url: str) -> Iterator[AwsClients]:
    made = AwsClients(region="ap-south-1", endpoint_url=aws_endpoint_url)
    yield made
    made.close()


@pytest.fixture
async def ports(conformance_database: Database) -> ConsumerPorts:
    for name in await conformance_database.list_collection_names():
        await conformance_database[name].delete_many({})
    return ports_over(
        conformance_database,
        clock=SystemClock(),
        live=MemoryLive(),
        events_since=Workflows().events_since,
        news=MemoryNews(),
        metrics=ConsumerMetrics(CollectorRegistry()),
    )


async def test_it_is_provisioned_and_what_is_published_has_its_effect(
    newcomer: ConsumerModule, clients: AwsClients, ports: ConsumerPorts
) -> None:
    made = {change.name for change in await Provisioner(clients).apply(topology())}
    assert made >= {"daily-sales", "daily-sales-dlq", "daily-sales-undelivered"}
    stop = asyncio.Event()
    connections = Connections(ports=ports, aws=clients)
    running = asyncio.create_task(run_consumers({"daily_sales": newcomer}, connections, stop))
    log = log_of(new_order_id(), 5)
    publisher = SnsEventPublisher(clients)
    await publisher.publish(log)
    await publisher.publish(log)
    other = log_of(new_order_id(), 2)
    await publisher.publish(other)
    wanted = {"orders": 2, "paise": 2 * 149_900}
    async with asyncio.timeout(15):
        while await ports.records.read("daily_sales", "2026-11-23") != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    stop.set()
    await running


@pytest.mark.parametrize("way", [*WAYS, with_a_hole_for_good], ids=lambda way: way.__name__)
async def test_it_is_judged_like_any_other(
    newcomer: ConsumerModule, way: Way, conformance_database: Database
) -> None:
    verdict = await COURT.judge(newcomer, way, conformance_database)
    assert verdict.differences == []


COURT = Court()


def test_it_is_documented(newcomer: ConsumerModule) -> None:
    contracts = {name: found.contract for name, found in discover().items()}
    document = asyncapi.document(contracts)
    assert document["operations"]["consume_daily_sales"]["x-idempotency"]["key"] == "event.id"
    (heard,) = [
        each
        for each in document["operations"]["publish_payment_confirmed"]["bindings"]["sns"][
            "consumers"
        ]
        if each["endpoint"]["name"] == "daily-sales"
    ]
    assert heard["redrivePolicy"]["deadLetterQueue"]["name"] == "daily-sales-undelivered"
    assert "`daily-sales-dlq` after 12 deliveries" in event_page.render(contracts)


def test_it_lies_in_a_folder_of_its_own(newcomer: ConsumerModule) -> None:
    found = sys.modules["consumers.daily_sales"].__file__
    assert found is not None
    assert Path(found).parent != Path(consumers.__file__ or "").parent
