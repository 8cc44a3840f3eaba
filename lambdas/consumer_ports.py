"""What consumers may ask for, made when one of them asks: a function loads no driver it never uses.

Nothing is dialled here. Drivers connect at their first call and keep the connection; Temporal is
connected by the first message that concerns an order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, cast

from adapters.settings_reader import SettingsReader
from consumers.needs import ConsumerPorts, CourierNotice, RazorpayNotice, ViewTiming
from domain.errors import OrderUnavailable
from domain.events import OrderEvent

if TYPE_CHECKING:
    from adapters.mongo.connection import Database
    from consumers.metrics import ConsumerMetrics

MONGODB: Final = frozenset({"motor", "pymongo", "bson"})
REDIS: Final = frozenset({"redis"})
TEMPORAL: Final = frozenset({"temporalio"})
PORT_DRIVERS: Final[Mapping[str, frozenset[str]]] = {
    "log": MONGODB,
    "views": MONGODB,
    "heads": MONGODB,
    "payment_refs": MONGODB,
    "records": MONGODB,
    "parked": MONGODB,
    "builds": MONGODB,
    "live": REDIS,
    "news": TEMPORAL | MONGODB,
}
"""Which drivers a port brings along; ports that are not named bring none."""
DRIVER_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "motor": ("MONGODB_URL", "MONGODB_DATABASE"),
    "redis": ("REDIS_URL",),
    "temporalio": ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"),
}


class NoSuchPort(AttributeError):
    """A consumer asks for a port that functions cannot make yet; says where to add it."""


class LazyPorts:
    """Stands in for `ConsumerPorts`; each port is made once, when it is first asked for.

    Attributes:
        taken: the ports that were asked for, by name.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        """Read addresses from these variables, when they are needed."""
        self._env = env
        self.taken: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Make a port."""
        if name.startswith("_"):
            raise AttributeError(name)
        make = MAKERS.get(name)
        if make is None:
            message = f"port {name!r} has no maker: add one to MAKERS in lambdas/consumer_ports.py"
            raise NoSuchPort(message)
        self.taken.add(name)
        port = make(self)
        setattr(self, name, port)
        return port

    def as_ports(self) -> ConsumerPorts:
        """Return this as what consumers are built from."""
        return cast("ConsumerPorts", self)

    @cached_property
    def _database(self) -> "Database":
        from adapters.mongo.connection import MOTOR, PYMONGO, connect

        reader = SettingsReader(self._env)
        url = reader.url(
            "MONGODB_URL",
            dev="mongodb://127.0.0.1:27017/?directConnection=true",
            schemes=("mongodb", "mongodb+srv"),
        )
        reader.raise_problems()
        return connect(
            url,
            reader.text("MONGODB_DATABASE", "orders"),
            driver=reader.choice("MONGODB_DRIVER", MOTOR, (PYMONGO,)),
        )

    def _redis_url(self) -> str:
        reader = SettingsReader(self._env)
        url = reader.url("REDIS_URL", dev="redis://127.0.0.1:6379/0", schemes=("redis", "rediss"))
        reader.raise_problems()
        return url

    def _temporal(self) -> tuple[str, str]:
        reader = SettingsReader(self._env)
        address = reader.host_and_port("TEMPORAL_ADDRESS", dev="127.0.0.1:7233")
        reader.raise_problems()
        return address, reader.text("TEMPORAL_NAMESPACE", "default")


class LazyNews:
    """Implements `OrderNews`: connects to Temporal at the first signal, then passes them on."""

    def __init__(self, database: "Database", address: str, namespace: str) -> None:
        """Connect to this address later; closed orders are resumed from this database."""
        # Loaded now, while the function initialises at full CPU; only dialling waits.
        from adapters.mongo.order_archive import MongoOrderArchive
        from workflows import connection, order_client

        self._connect: Callable[[], Awaitable[Any]] = partial(
            connection.connect, address, namespace
        )
        self._client = order_client.OrderClient
        self._archive = MongoOrderArchive(database)
        self._address = address
        self._orders: Any = None
        self._connecting = asyncio.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a signal that connects first."""

        async def signal(order_id: str, news: object) -> None:
            orders = await self._connected()
            await getattr(orders, name)(order_id, news)

        return signal

    async def _connected(self) -> Any:
        async with self._connecting:
            if self._orders is None:
                try:
                    temporal = await self._connect()
                except RuntimeError as error:
                    message = f"Temporal does not answer at {self._address}"
                    raise OrderUnavailable(message) from error
                self._orders = self._client(temporal, self._archive)
        return self._orders


def _log(ports: LazyPorts) -> object:
    from adapters.mongo.event_log import MongoEventLog

    return MongoEventLog(ports._database)  # noqa: SLF001 - makers are this class's own


def _views(ports: LazyPorts) -> object:
    from adapters.mongo.order_views import MongoOrderViews

    return MongoOrderViews(ports._database)  # noqa: SLF001


def _heads(ports: LazyPorts) -> object:
    from adapters.mongo.order_heads import MongoOrderHeads

    return MongoOrderHeads(ports._database)  # noqa: SLF001


def _payment_refs(ports: LazyPorts) -> object:
    from adapters.mongo.checkouts import MongoPaymentRefs

    return MongoPaymentRefs(ports._database)  # noqa: SLF001


def _records(ports: LazyPorts) -> object:
    from adapters.mongo.consumer_records import MongoConsumerRecords

    return MongoConsumerRecords(ports._database)  # noqa: SLF001


def _parked(ports: LazyPorts) -> object:
    from adapters.mongo.parked_events import MongoParkedEvents

    return MongoParkedEvents(ports._database)  # noqa: SLF001


def _builds(ports: LazyPorts) -> object:
    from adapters.mongo.view_builds import MongoViewBuilds

    return MongoViewBuilds(ports._database)  # noqa: SLF001


def _live(ports: LazyPorts) -> object:
    from adapters.redis_feed import RedisLiveFeed

    return RedisLiveFeed(ports._redis_url())  # noqa: SLF001


def _news(ports: LazyPorts) -> object:
    return LazyNews(ports._database, *ports._temporal())  # noqa: SLF001


def _clock(_: LazyPorts) -> object:
    from adapters.system_clock import SystemClock

    return SystemClock()


def _metrics(_: LazyPorts) -> "ConsumerMetrics":
    from prometheus_client import CollectorRegistry

    from consumers.metrics import ConsumerMetrics

    return ConsumerMetrics(CollectorRegistry())


async def _no_repair(order_id: str, sequence: int) -> tuple[OrderEvent, ...]:
    message = f"functions leave holes (order {order_id} after {sequence}) to the server's sweep"
    raise OrderUnavailable(message)


def _read_razorpay(_: LazyPorts) -> object:
    from adapters.razorpay_webhook import parse

    def read(body: str) -> RazorpayNotice:
        found = parse(body)
        return RazorpayNotice(
            event=found.event,
            news=found.news,
            razorpay_order_id=found.razorpay_order_id,
            receipt=found.receipt,
        )

    return read


def _read_courier(_: LazyPorts) -> object:
    from adapters.shiprocket.webhook import parse

    def read(body: str, received_at: datetime) -> CourierNotice | None:
        found = parse(body, received_at)
        return CourierNotice(reference=found.reference, update=found.update) if found else None

    return read


MAKERS: Final[Mapping[str, Callable[[LazyPorts], object]]] = {
    "clock": _clock,
    "log": _log,
    "views": _views,
    "heads": _heads,
    "live": _live,
    "news": _news,
    "payment_refs": _payment_refs,
    "records": _records,
    "parked": _parked,
    "builds": _builds,
    "metrics": _metrics,
    "events_since": lambda _: _no_repair,
    "read_razorpay": _read_razorpay,
    "read_courier": _read_courier,
    "view_timing": lambda _: ViewTiming(),
}
