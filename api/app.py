"""The composition root of the API: the only module of it that knows adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI
from temporalio.client import Client

from adapters.aws.clients import AwsClients
from adapters.aws.files import S3Files
from adapters.aws.queue import SqsQueue
from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.checkouts import MongoCheckouts
from adapters.mongo.connection import Database
from adapters.mongo.connection import close as close_database
from adapters.mongo.connection import connect as connect_database
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_views import MongoOrderViews
from adapters.razorpay_signature import verify_handover, verify_signature
from adapters.settings import Settings
from adapters.shiprocket.courier import ShiprocketCourier
from adapters.shiprocket.webhook import verify_token
from adapters.system_clock import SystemClock
from adapters.tokens import TokenIssuer, TokenVerifier
from api.application import create_app
from api.dependencies import ApiSettings, Dependencies, HealthCheck
from domain.errors import OrderUnavailable
from domain.messages import ConfirmPayment
from domain.order import Terms
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient

WEBHOOK_INBOX = "webhook-inbox"


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[FastAPI]:
    """Open every connection, yield the application, close them in reverse order.

    MongoDB and AWS are dialled at the first use; Temporal has to answer now.

    Raises:
        OrderUnavailable: Temporal does not answer.
    """
    async with AsyncExitStack() as stack:
        database = connect_database(
            settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
        )
        stack.push_async_callback(close_database, database)
        aws = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        stack.callback(aws.close)
        inbox = SqsQueue(aws, WEBHOOK_INBOX)
        stack.callback(inbox.close)
        courier = ShiprocketCourier(
            settings.shiprocket_base_url, settings.shiprocket_email, settings.shiprocket_password
        )
        stack.push_async_callback(courier.close)
        temporal = await _temporal(settings)
        yield create_app(_dependencies(settings, database, aws, inbox, courier, temporal))


async def _temporal(settings: Settings) -> Client:
    try:
        return await connect_temporal(settings.temporal_address, settings.temporal_namespace)
    except RuntimeError as error:
        message = (
            f"Temporal does not answer at {settings.temporal_address}: "
            "start it, or set TEMPORAL_ADDRESS"
        )
        raise OrderUnavailable(message) from error


def _dependencies(
    settings: Settings,
    database: Database,
    aws: AwsClients,
    inbox: SqsQueue,
    courier: ShiprocketCourier,
    temporal: Client,
) -> Dependencies:
    views = MongoOrderViews(database)
    orders = OrderClient(temporal, MongoOrderArchive(database))
    secrets = (settings.razorpay_webhook_secret, settings.razorpay_webhook_secret_previous or "")
    return Dependencies(
        settings=_settings(settings),
        clock=SystemClock(),
        catalogue=MongoCatalogue(database),
        routes=courier,
        checkouts=MongoCheckouts(database),
        commands=orders,
        payouts=orders,
        views=views,
        search=views,
        log=MongoEventLog(database),
        files=S3Files(aws, settings.s3_bucket),
        inbox=inbox,
        tokens=TokenVerifier(settings.jwt_secret),
        issuer=TokenIssuer(settings.jwt_secret),
        razorpay_signed=partial(verify_signature, secrets=secrets),
        handover_signed=partial(_handover_signed, settings.razorpay_key_secret),
        courier_known=partial(verify_token, expected=settings.courier_webhook_token),
        health=_health(settings, database, aws, temporal),
    )


def _settings(settings: Settings) -> ApiSettings:
    return ApiSettings(
        tracking_url=settings.tracking_url,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_namespace=settings.temporal_namespace,
        cod_limit_paise=settings.cash.limit_paise,
        cod_minimum_paise=settings.cash.minimum_paise,
        cod_fee_paise=settings.cash.fee_paise,
        cod_first_order_limit_paise=settings.cash.first_order_limit_paise,
        e_invoicing=settings.e_invoicing,
        terms=Terms(
            payment_window_s=settings.payment_window_s,
            return_window_s=settings.return_window_s,
            late_payment_window_s=settings.late_payment_window_s,
            auto_pack=settings.auto_pack,
            revive_late_payments=settings.revive_late_payments,
            refund_speed=settings.refund_speed,
            tracking_url=settings.tracking_url,
        ),
    )


def _health(
    settings: Settings, database: Database, aws: AwsClients, temporal: Client
) -> dict[str, HealthCheck]:
    """Return what the API cannot work without. The courier is not among it: quotes do without."""
    return {
        "mongodb": lambda: database.command("ping"),
        "temporal": temporal.service_client.check_health,
        "sqs": lambda: aws.call(aws.sqs.get_queue_url, QueueName=WEBHOOK_INBOX),
        "s3": lambda: aws.call(aws.s3.head_bucket, Bucket=settings.s3_bucket),
    }


def _handover_signed(key_secret: str, handover: ConfirmPayment) -> bool:
    return verify_handover(
        handover.razorpay_order_id,
        handover.razorpay_payment_id,
        handover.razorpay_signature,
        key_secret=key_secret,
    )
