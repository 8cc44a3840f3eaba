"""Runs Temporal workers: one task queue each, or all of them in one process."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from adapters.aws.clients import AwsClients
from adapters.aws.files import S3Files
from adapters.aws.publisher import SnsEventPublisher
from adapters.invoice_pdf import InvoicePdf
from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.checkouts import MongoPaymentRefs
from adapters.mongo.connection import close as close_database
from adapters.mongo.connection import connect as connect_database
from adapters.mongo.coupons import MongoCoupons
from adapters.mongo.documents import MongoDocumentRegister
from adapters.mongo.inventory import MongoInventory
from adapters.mongo.link_keys import MongoLinkKeys
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.sent_mail import MongoSentMail
from adapters.razorpay_gateway import RazorpayGateway
from adapters.settings import Settings
from adapters.shiprocket.courier import ShiprocketCourier
from adapters.smtp_mailer import SmtpMailer
from workers.health import serving_health
from workers.reconciliation_wiring import reconciliation_ports, schedule_terms
from workers.stack.errors import StackError
from workers.structured_logs import configure_logs
from workers.wiring import QUEUES, ActivityPorts, activities_of, workflows_of
from workflows import policies
from workflows.connection import connect as connect_temporal
from workflows.housekeeping import ensure_schedules
from workflows.order_client import OrderClient
from workflows.schedules import ensure_money_schedules

logger = logging.getLogger(__name__)

ALL = "all"
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
DRAIN = timedelta(seconds=20)
"""Running activities get this long after SIGTERM; what is cut off is retried elsewhere."""
RATE_PER_S = {policies.PAYMENTS_QUEUE: 25.0, policies.DELIVERY_QUEUE: 5.0}
"""Limits of a whole queue, however many workers it has: the providers limit the account."""
CACHED_WORKFLOWS = 2000
LOCAL_SLOTS = 50


def run(settings: Settings, name: str) -> None:
    """Work on the task queue of this name, or on `all`, until SIGTERM or Ctrl-C; then drain.

    Raises:
        StackError: there is no such queue.
        RuntimeError: Temporal does not answer.
    """
    if name not in (*QUEUES, ALL):
        message = f"there is no worker {name!r}; there are {', '.join(QUEUES)}, and {ALL}"
        raise StackError(message)
    configure_logs()
    asyncio.run(_serve(settings, QUEUES if name == ALL else (name,)))


async def _serve(settings: Settings, queues: tuple[str, ...]) -> None:
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        client = await connect_temporal(settings.temporal_address, settings.temporal_namespace)
        ports = await stack.enter_async_context(connected(settings, client))
        for queue in queues:
            await stack.enter_async_context(worker_of(queue, client, ports))
        if policies.SCHEDULES_QUEUE in queues:
            await ensure_schedules(client)
            await ensure_money_schedules(client, schedule_terms(settings))
        health = serving_health(settings.bind_host, settings.health_port, lambda: None)
        await stack.enter_async_context(health)
        logger.info("worker_started", extra={"queues": list(queues)})
        await stop.wait()


def worker_of(queue: str, client: Client, ports: ActivityPorts) -> Worker:
    """Return the worker of one task queue."""
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows_of(queue),
        activities=activities_of(queue, ports),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_local_activities=LOCAL_SLOTS,
        max_task_queue_activities_per_second=RATE_PER_S.get(queue),
        graceful_shutdown_timeout=DRAIN,
    )


@asynccontextmanager
async def connected(settings: Settings, client: Client) -> AsyncIterator[ActivityPorts]:
    """Connect the adapters of all activities while the block runs; close in reverse order."""
    async with AsyncExitStack() as stack:
        database = connect_database(
            settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
        )
        stack.push_async_callback(close_database, database)
        aws = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        stack.callback(aws.close)
        gateway = RazorpayGateway(
            settings.razorpay_base_url, settings.razorpay_key_id, settings.razorpay_key_secret
        )
        stack.callback(gateway.close)
        courier = ShiprocketCourier(
            settings.shiprocket_base_url, settings.shiprocket_email, settings.shiprocket_password
        )
        stack.push_async_callback(courier.close)
        archive = MongoOrderArchive(database)
        orders = OrderClient(client, archive)
        yield ActivityPorts(
            catalogue=MongoCatalogue(database),
            inventory=MongoInventory(database),
            coupons=MongoCoupons(database),
            gateway=gateway,
            payment_refs=MongoPaymentRefs(database),
            courier=courier,
            register=MongoDocumentRegister(database, e_invoicing=settings.e_invoicing),
            renderer=InvoicePdf(settings.seller_name),
            files=S3Files(aws, settings.s3_bucket),
            mailer=SmtpMailer(settings.smtp_url, settings.mail_from),
            sent_mail=MongoSentMail(database),
            links=MongoLinkKeys(database, settings.jwt_secret),
            publisher=SnsEventPublisher(aws),
            heads=MongoOrderHeads(database),
            archive=archive,
            orders=orders,
            reconciliation=reconciliation_ports(settings, database, orders, stack),
        )
