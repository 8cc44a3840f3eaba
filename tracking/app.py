"""The composition root of the tracking service: the only module of it that knows adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import jwt
from starlette.applications import Starlette

from adapters.aws.clients import AwsClients
from adapters.aws.files import S3Files
from adapters.mongo.connection import close as close_database
from adapters.mongo.connection import connect as connect_database
from adapters.mongo.envelopes import MongoEnvelopes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.link_keys import MongoLinkKeys
from adapters.mongo.open_orders import MongoOpenOrders
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_views import MongoOrderViews
from adapters.redis_feed import RedisLiveFeed
from adapters.settings import Settings
from adapters.system_clock import SystemClock
from adapters.tokens import TokenIssuer, TokenVerifier
from domain.errors import InvalidToken
from domain.ports import Caller
from domain.status import OrderStatus
from tracking.application import create_app
from tracking.dependencies import Dependencies
from tracking.security import TokenExpired
from tracking.settings import TrackingSettings
from tracking.wall.rows import SETTLED
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Starlette]:
    """Open every connection, yield the application, close them in reverse order.

    MongoDB and Redis are dialled in the background; Temporal has to answer now.

    Raises:
        RuntimeError: Temporal does not answer.
    """
    async with AsyncExitStack() as stack:
        database = connect_database(
            settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
        )
        stack.push_async_callback(close_database, database)
        feed = RedisLiveFeed(settings.redis_url)
        stack.push_async_callback(feed.close)
        aws = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
        stack.callback(aws.close)
        views = MongoOrderViews(database)
        temporal = await connect_temporal(settings.temporal_address, settings.temporal_namespace)
        yield create_app(
            Dependencies(
                settings=tracking_settings(settings),
                clock=SystemClock(),
                views=views,
                log=MongoEventLog(database),
                envelopes=MongoEnvelopes(database),
                queries=OrderClient(temporal, MongoOrderArchive(database)),
                subscription=feed.subscribe(),
                wall_feed=feed.subscribe_to_all,
                search=views,
                open_orders=MongoOpenOrders(database, [s for s in OrderStatus if s not in SETTLED]),
                files=S3Files(aws, settings.s3_bucket),
                links=MongoLinkKeys(database, settings.jwt_secret),
                tokens=Tokens(settings.jwt_secret),
                passes=TokenIssuer(settings.jwt_secret),
                health={"mongodb": lambda: database.command("ping"), "redis": feed.ping},
            )
        )


def tracking_settings(settings: Settings) -> TrackingSettings:
    """Return how the service behaves in this deployment."""
    limits = settings.tracking
    return TrackingSettings(
        public_url=settings.tracking_url,
        api_url=settings.api_url,
        origins=limits.origins | {settings.tracking_url, settings.api_url},
        secure_cookies=settings.tracking_url.startswith("https://"),
        proxies=limits.proxies,
        hello_timeout_s=limits.hello_timeout_s,
        heartbeat_s=limits.heartbeat_s,
        position_check_s=limits.position_check_s,
        send_timeout_s=limits.send_timeout_s,
        life_s=limits.life_s,
        drain_window_s=limits.drain_s,
        query_timeout_s=limits.query_timeout_s,
        queries_per_s=limits.queries_per_s,
        frame_bytes=limits.frame_bytes,
        frames_per_s=limits.frames_per_s,
        frames_burst=limits.frames_burst,
        orders_per_connection=limits.orders_per_connection,
        connections=limits.connections,
        connections_per_customer=limits.connections_per_customer,
        connections_per_address=limits.connections_per_address,
        admissions_per_s=limits.admissions_per_s,
        backlog_frames=limits.queue_frames,
        backlog_bytes=limits.queue_bytes,
        replay_events=limits.replay_events,
    )


class Tokens:
    """The port `TokenVerifier`; an expired token is told apart, since a new one will do."""

    def __init__(self, secret: str) -> None:
        """Check against this secret.

        Raises:
            ValueError: the secret is shorter than HS256 needs.
        """
        self._verifier = TokenVerifier(secret)

    def verify(self, token: str) -> Caller:
        """Return who a token speaks for.

        Raises:
            TokenExpired: it was good, and its time is over.
            InvalidToken: foreign, malformed, or not for us.
        """
        try:
            return self._verifier.verify(token)
        except InvalidToken as error:
            if isinstance(error.__cause__, jwt.ExpiredSignatureError):
                raise TokenExpired(str(error)) from error
            raise
