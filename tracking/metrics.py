"""Everything that the tracking service measures, by name."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX: Final = "orders_tracking_"
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS: Final = (0, 1, 5, 20, 50, 200, 1000)


class TrackingMetrics:
    """The metrics of one service, in a registry of its own. No label carries personal data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._connections()
        self._readers()
        self._queries()

    def _connections(self) -> None:
        self.connections = self._gauge("connections", "Open connections.", "transport")
        self.rejected = self._counter(
            "rejected", "Connections that were turned away before they began.", "reason"
        )
        self.closed = self._counter("closed", "Connections that this service closed.", "code")

    def _readers(self) -> None:
        self.feed_lag_s = self._histogram(
            "feed_lag_seconds", "Age of an announced event when this process heard it.", SECONDS
        )
        self.waiting_frames = self._gauge(
            "waiting_frames", "Frames that wait for slow readers, over all connections."
        )
        self.followed_orders = self._gauge("followed_orders", "Orders that somebody follows here.")
        self.verdicts = self._counter("verdicts", "Verdicts on readers' positions.", "mode")
        self.attach_s = self._histogram(
            "attach_seconds", "Time from asking for an order until it is live.", SECONDS
        )
        self.catch_up_events = self._histogram(
            "catch_up_events", "Events that a reader had missed.", EVENTS
        )
        self.delivered = self._counter(
            "events_delivered", "Events handed to a socket, by where they came from.", "source"
        )
        self.event_age_s = self._histogram(
            "event_age_seconds", "Age of an announced event when a socket got it.", SECONDS
        )
        self.repeats_dropped = self._counter(
            "repeats_dropped", "Announced events that a reader had already."
        )
        self.gaps_healed = self._counter(
            "gaps_healed", "Readers that the position check found behind and brought up to date."
        )
        self.backlogs_dropped = self._counter(
            "backlogs_dropped", "Backlogs of slow readers, dropped to be read from the log later."
        )
        self.polls = self._counter("polls", "Reads of a log by those whom only HTTP reaches.")
        self.replays = self._counter("replays", "Catch-ups that replayed events from the log.")
        self.feed_lost = self._counter(
            "feed_lost", "Times that the live feed may have missed something."
        )

    def _queries(self) -> None:
        self.queries = self._counter("queries", "Queries to workflows.", "name", "outcome")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(PREFIX + name, text, buckets=buckets, registry=self.registry)
