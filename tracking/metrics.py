"""Everything that the tracking service measures, by name."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class TrackingMetrics:
    """The metrics of one service, in a registry of its own. No label carries personal data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.connections = Gauge(
            "orders_tracking_connections",
            "Open connections, by transport.",
            ("transport",),
            registry=self.registry,
        )
        self.rejected = Counter(
            "orders_tracking_rejected",
            "Connections that were turned away before they began, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.closed = Counter(
            "orders_tracking_closed",
            "Connections that this service closed, by code.",
            ("code",),
            registry=self.registry,
        )
        self.followed_orders = Gauge(
            "orders_tracking_followed_orders",
            "Orders that somebody follows here.",
            registry=self.registry,
        )
        self.verdicts = Counter(
            "orders_tracking_verdicts",
            "Attachments, by verdict on the client's position.",
            ("mode",),
            registry=self.registry,
        )
        self.attach_s = Histogram(
            "orders_tracking_attach_seconds",
            "Time from asking for an order until it is live.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.catch_up_events = Histogram(
            "orders_tracking_catch_up_events",
            "Events that a reader had missed.",
            buckets=(0, 1, 5, 20, 50, 200, 1000),
            registry=self.registry,
        )
        self.delivered = Counter(
            "orders_tracking_events_delivered",
            "Events handed to a socket, by where they came from.",
            ("source",),
            registry=self.registry,
        )
        self.repeats_dropped = Counter(
            "orders_tracking_repeats_dropped",
            "Announced events that a reader had already.",
            registry=self.registry,
        )
        self.gaps_healed = Counter(
            "orders_tracking_gaps_healed",
            "Readers that the position check found behind and brought up to date.",
            registry=self.registry,
        )
        self.backlogs_dropped = Counter(
            "orders_tracking_backlogs_dropped",
            "Backlogs of slow readers that were dropped, to be read from the log later.",
            registry=self.registry,
        )
        self.event_age_s = Histogram(
            "orders_tracking_event_age_seconds",
            "Age of the newest event of a live frame when it was handed to the socket.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.queries = Counter(
            "orders_tracking_queries",
            "Queries, by name and outcome.",
            ("name", "outcome"),
            registry=self.registry,
        )
        self.feed_lost = Counter(
            "orders_tracking_feed_lost",
            "Times that the live feed may have missed something.",
            registry=self.registry,
        )
