"""Runs consumers: one by name, or all of them in one process."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from adapters import razorpay_webhook
from adapters.aws.clients import AwsClients
from adapters.aws.queue import SqsQueue
from adapters.mongo.checkouts import MongoPaymentRefs
from adapters.mongo.connection import Database
from adapters.mongo.connection import close as close_database
from adapters.mongo.connection import connect as connect_database
from adapters.mongo.consumer_records import MongoConsumerRecords
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.mongo.parked_events import MongoParkedEvents
from adapters.mongo.view_builds import MongoViewBuilds
from adapters.redis_feed import RedisLiveFeed
from adapters.settings import Settings
from adapters.shiprocket import webhook as courier_webhook
from adapters.system_clock import SystemClock
from consumers.assembly import assemble
from consumers.metrics import ConsumerMetrics
from consumers.needs import ConsumerPorts, CourierNotice, RazorpayNotice
from consumers.registry import ConsumerModule, discover
from domain.catch_up import FillHole
from domain.ports import Clock, LiveFeed, OrderNews
from workers.health import serving_health
from workers.stack.errors import StackError
from workers.structured_logs import configure_logs
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient

logger = logging.getLogger(__name__)

ALL = "all"
ALL_BUT = "all-but:"
"""Before names with commas: the others in one process, so that a new consumer runs by itself."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(settings: Settings, name: str) -> None:
    """Run the consumer of this name, or `all`, until SIGTERM or Ctrl-C; then drain and return.

    Raises:
        StackError: there is no such consumer.
    """
    modules = chosen(name)
    configure_logs()
    asyncio.run(_serve(settings, modules))


def chosen(name: str) -> Mapping[str, ConsumerModule]:
    """Return the consumers that a name stands for.

    Raises:
        StackError: it stands for none; names those that there are.
    """
    found = discover()
    if name == ALL:
        return found
    if name.startswith(ALL_BUT):
        others = set(name.removeprefix(ALL_BUT).split(","))
        return _known(others, found, {each: found[each] for each in found if each not in others})
    return _known({name}, found, {each: found[each] for each in found if each == name})


def _known(
    names: Iterable[str],
    found: Mapping[str, ConsumerModule],
    modules: Mapping[str, ConsumerModule],
) -> Mapping[str, ConsumerModule]:
    for name in sorted(set(names) - found.keys()):
        message = f"there is no consumer {name!r}; there are {', '.join(found)}, and {ALL}"
        raise StackError(message)
    return modules


@dataclass(frozen=True, kw_only=True, slots=True)
class Connections:
    """What a consumer process is connected to."""

    ports: ConsumerPorts
    aws: AwsClients


@asynccontextmanager
async def connected(settings: Settings, metrics: ConsumerMetrics) -> AsyncIterator[Connections]:
    """Connect to everything while the block runs, and disconnect in reverse order."""
    async with AsyncExitStack() as stack:
        aws = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        stack.callback(aws.close)
        database = connect_database(
            settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
        )
        stack.push_async_callback(close_database, database)
        live = RedisLiveFeed(settings.redis_url)
        stack.push_async_callback(live.close)
        temporal = await connect_temporal(settings.temporal_address, settings.temporal_namespace)
        orders = OrderClient(temporal, MongoOrderArchive(database))
        ports = ports_over(
            database,
            clock=SystemClock(),
            live=live,
            events_since=orders.events_since,
            news=orders,
            metrics=metrics,
        )
        yield Connections(ports=ports, aws=aws)


def ports_over(
    database: Database,
    *,
    clock: Clock,
    live: LiveFeed,
    events_since: FillHole,
    news: OrderNews,
    metrics: ConsumerMetrics,
) -> ConsumerPorts:
    """Return the ports of consumers over one database; the conformance suite runs on the same."""
    return ConsumerPorts(
        clock=clock,
        log=MongoEventLog(database),
        views=MongoOrderViews(database),
        heads=MongoOrderHeads(database),
        live=live,
        events_since=events_since,
        news=news,
        payment_refs=MongoPaymentRefs(database),
        read_razorpay=read_razorpay,
        read_courier=read_courier,
        records=MongoConsumerRecords(database),
        parked=MongoParkedEvents(database),
        metrics=metrics,
        builds=MongoViewBuilds(database),
    )


async def run_consumers(
    modules: Mapping[str, ConsumerModule], connections: Connections, stop: asyncio.Event
) -> None:
    """Run consumers with their companions until `stop` is set and all have drained."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        tasks.create_task(stop.wait())  # also a process that has no consumer yet stays
        for module in modules.values():
            queue = SqsQueue(connections.aws, module.contract.queue)
            stack.callback(queue.close)
            for loop in assemble(module, queue, connections.ports).loops:
                tasks.create_task(loop(stop))


def read_razorpay(body: str) -> RazorpayNotice:
    """Return what a Razorpay webhook says.

    Raises:
        Unreadable: it is none.
    """
    read = razorpay_webhook.parse(body)
    return RazorpayNotice(
        event=read.event,
        news=read.news,
        razorpay_order_id=read.razorpay_order_id,
        receipt=read.receipt,
    )


def read_courier(body: str, received_at: datetime) -> CourierNotice | None:
    """Return what a courier webhook says of a parcel of ours, or None.

    Raises:
        Unreadable: it is no courier webhook.
    """
    read = courier_webhook.parse(body, received_at)
    return CourierNotice(reference=read.reference, update=read.update) if read else None


async def _serve(settings: Settings, modules: Mapping[str, ConsumerModule]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    names = sorted(modules)
    async with (
        connected(settings, ConsumerMetrics()) as connections,
        serving_health(
            settings.bind_host,
            settings.health_port,
            lambda: "stopping" if stop.is_set() else None,
        ),
    ):
        logger.info("consumers_started", extra={"consumers": names})
        await run_consumers(modules, connections, stop)
    logger.info("consumers_stopped", extra={"consumers": names})
