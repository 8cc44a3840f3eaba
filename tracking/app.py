"""The composition root of the tracking service: the only module of it that knows adapters."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import jwt
from starlette.applications import Starlette

from adapters.mongo.connection import close as close_database
from adapters.mongo.connection import connect as connect_database
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_views import MongoOrderViews
from adapters.redis_feed import RedisLiveFeed
from adapters.settings import Settings
from adapters.system_clock import SystemClock
from adapters.tokens import TokenVerifier
from domain.errors import InvalidToken
from domain.ports import Caller
from tracking.application import create_app
from tracking.dependencies import Dependencies
from tracking.security import TokenExpired
from tracking.settings import DEV_DRAIN_S, PRODUCTION_DRAIN_S, TrackingSettings
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
        database = connect_database(settings.mongodb_url, settings.mongodb_database)
        stack.push_async_callback(close_database, database)
        feed = RedisLiveFeed(settings.redis_url)
        stack.push_async_callback(feed.close)
        temporal = await connect_temporal(settings.temporal_address, settings.temporal_namespace)
        yield create_app(
            Dependencies(
                settings=tracking_settings(settings),
                clock=SystemClock(),
                views=MongoOrderViews(database),
                log=MongoEventLog(database),
                queries=OrderClient(temporal, MongoOrderArchive(database)),
                subscription=feed.subscribe(),
                tokens=Tokens(settings.jwt_secret),
                health={"mongodb": lambda: database.command("ping"), "redis": feed.ping},
            )
        )


def tracking_settings(settings: Settings) -> TrackingSettings:
    """Return how the service behaves in this deployment."""
    production = settings.env == "production"
    return TrackingSettings(
        public_url=settings.tracking_url,
        origins=frozenset({settings.tracking_url, settings.api_url}),
        secure_cookies=settings.tracking_url.startswith("https://"),
        drain_window_s=PRODUCTION_DRAIN_S if production else DEV_DRAIN_S,
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
