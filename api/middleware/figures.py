"""Counts and times requests by route template, and problems by type."""

import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UNMATCHED: Final = "(none)"
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class Figures:
    """The API's metrics, in a registry of their own so that each application counts for itself."""

    media_type: Final = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "orders_api_requests",
            "Requests answered, by route template and status code.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "orders_api_request_duration_seconds",
            "Time from the request's first byte to the end of the answer.",
            ["method", "route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.problems = Counter(
            "orders_api_problems",
            "Refusals and failures, by problem type.",
            ["type"],
            registry=self.registry,
        )
        self.webhooks = Counter(
            "orders_api_webhooks",
            "Webhooks received, by sender and what became of them.",
            ["source", "outcome"],
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class CountRequests:
    """Feeds the figures. Labels come from route templates, so clients cannot invent new ones."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", UNMATCHED)
            self._figures.requests.labels(method, route, status).inc()
            self._figures.duration.labels(method, route).observe(time.perf_counter() - started)
