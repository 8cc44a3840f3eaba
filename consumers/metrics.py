"""Everything that consumers measure, by name."""

from enum import StrEnum

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

LAG_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Outcome(StrEnum):
    """What became of a message."""

    HANDLED = "handled"
    FAILED = "failed"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"


class ConsumerMetrics:
    """The metrics of all consumers of a process. No label carries personal data."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.messages = Counter(
            "orders_consumer_messages",
            "Messages by what became of them.",
            ("consumer", "outcome"),
            registry=registry,
        )
        self.lag_s = Histogram(
            "orders_consumer_lag_seconds",
            "Age of the oldest event of a job when it was done.",
            ("consumer",),
            buckets=LAG_BUCKETS_S,
            registry=registry,
        )
        self.batches_in_flight = Gauge(
            "orders_consumer_batches_in_flight",
            "Batches being handled.",
            ("consumer",),
            registry=registry,
        )
        self.parked = Gauge(
            "orders_consumer_parked",
            "Events that came before what they build on and wait.",
            ("consumer",),
            registry=registry,
        )
        self.parked_oldest_s = Gauge(
            "orders_consumer_parked_oldest_seconds",
            "For how long the oldest of them has waited.",
            ("consumer",),
            registry=registry,
        )
        self.views_behind = Gauge(
            "orders_views_behind",
            "Views that had not reached a head recorded a while ago, at the last sweep.",
            registry=registry,
        )
        self.view_staleness_s = Gauge(
            "orders_view_staleness_seconds",
            "Age of the oldest published event that the order view has not applied.",
            registry=registry,
        )
        self.views_healed = Counter(
            "orders_view_healed",
            "Views that were completed from the order's workflow.",
            ("found_by",),
            registry=registry,
        )
        self.views_unhealed = Counter(
            "orders_view_unhealed",
            "Attempts to complete a view that failed, by the class of the error.",
            ("found_by", "error"),
            registry=registry,
        )
        self.webhooks = Counter(
            "orders_webhook_inbox",
            "Webhook messages by what became of them.",
            ("source", "verdict"),
            registry=registry,
        )

    def count(self, consumer: str, outcome: Outcome, messages: int) -> None:
        """Count messages of one outcome."""
        if messages:
            self.messages.labels(consumer, outcome).inc(messages)
