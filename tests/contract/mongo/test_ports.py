import inspect

import pytest

from adapters.mongo.catalogue import MongoCatalogue
from adapters.mongo.checkouts import MongoCheckouts, MongoPaymentRefs
from adapters.mongo.consumer_records import MongoConsumerRecords
from adapters.mongo.coupons import MongoCoupons
from adapters.mongo.documents import MongoDocumentRegister
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.inventory import MongoInventory
from adapters.mongo.order_archive import MongoOrderArchive
from adapters.mongo.order_heads import MongoOrderHeads
from adapters.mongo.order_views import MongoOrderViews
from adapters.mongo.parked_events import MongoParkedEvents
from adapters.mongo.sent_mail import MongoSentMail
from adapters.redis_feed import RedisLiveFeed
from adapters.redis_subscription import RedisSubscription
from domain import ports
from tests.fakes import consumers, feed, stores

# The type checker reads these lines too: each class must be usable as its port.
CATALOGUES: list[type[ports.Catalogue]] = [MongoCatalogue, stores.FakeCatalogue]
INVENTORIES: list[type[ports.Inventory]] = [MongoInventory, stores.FakeInventory]
COUPONS: list[type[ports.Coupons]] = [MongoCoupons, stores.FakeCoupons]
CHECKOUTS: list[type[ports.Checkouts]] = [MongoCheckouts, stores.FakeCheckouts]
PAYMENT_REFS: list[type[ports.PaymentRefs]] = [MongoPaymentRefs, stores.FakePaymentRefs]
REGISTERS: list[type[ports.DocumentRegister]] = [
    MongoDocumentRegister,
    stores.FakeDocumentRegister,
]
LOGS: list[type[ports.EventLog]] = [MongoEventLog, stores.FakeEventLog]
HEADS: list[type[ports.OrderHeads]] = [MongoOrderHeads, stores.FakeOrderHeads]
VIEWS: list[type[ports.OrderViews]] = [MongoOrderViews, stores.FakeOrderViews]
SEARCHES: list[type[ports.OrderSearch]] = [MongoOrderViews, stores.FakeOrderViews]
ARCHIVES: list[type[ports.OrderArchive]] = [MongoOrderArchive, stores.FakeOrderArchive]
MAILS: list[type[ports.SentMail]] = [MongoSentMail, stores.FakeSentMail]
RECORDS: list[type[ports.ConsumerRecords]] = [
    MongoConsumerRecords,
    consumers.FakeConsumerRecords,
]
PARKED: list[type[ports.ParkedEvents]] = [MongoParkedEvents, consumers.FakeParkedEvents]
FEEDS: list[type[ports.LiveFeed]] = [RedisLiveFeed, feed.FakeLiveFeed]
EARS: list[type[ports.Subscription]] = [RedisSubscription, feed.FakeSubscription]

PAIRS = [
    (port, provider)
    for port, providers in (
        (ports.Catalogue, CATALOGUES),
        (ports.Inventory, INVENTORIES),
        (ports.Coupons, COUPONS),
        (ports.Checkouts, CHECKOUTS),
        (ports.PaymentRefs, PAYMENT_REFS),
        (ports.DocumentRegister, REGISTERS),
        (ports.EventLog, LOGS),
        (ports.OrderHeads, HEADS),
        (ports.OrderViews, VIEWS),
        (ports.OrderSearch, SEARCHES),
        (ports.OrderArchive, ARCHIVES),
        (ports.SentMail, MAILS),
        (ports.ConsumerRecords, RECORDS),
        (ports.ParkedEvents, PARKED),
        (ports.LiveFeed, FEEDS),
        (ports.Subscription, EARS),
    )
    for provider in providers
]


@pytest.mark.parametrize(
    ("port", "provider"), PAIRS, ids=[f"{port.__name__}-{cls.__name__}" for port, cls in PAIRS]
)
def test_a_provider_takes_what_its_port_promises(port: type, provider: type) -> None:
    promised = {
        name: list(inspect.signature(method).parameters)
        for name, method in vars(port).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }
    assert promised
    assert promised == {
        name: list(inspect.signature(getattr(provider, name)).parameters) for name in promised
    }
