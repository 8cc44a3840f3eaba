"""The running parts of the service, shared by its transports."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tracking.authority import Authority
from tracking.connections import Connections
from tracking.dependencies import Dependencies
from tracking.following.backlog import Backlog
from tracking.following.fanout import Fanout
from tracking.following.follower import FollowingServices
from tracking.following.reading import Reading
from tracking.metrics import TrackingMetrics
from tracking.queries import QueryRelay
from tracking.wall.wall import Wall

log = logging.getLogger(__name__)


class TrackingService:
    """Built once per process; `running` keeps its background work alive."""

    def __init__(self, deps: Dependencies) -> None:
        """Wire the parts together; nothing runs before `running`."""
        self.deps = deps
        self.settings = deps.settings
        self.metrics = TrackingMetrics()
        self.connections = Connections(self.metrics, self.settings)
        self.authority = Authority(deps.tokens, deps.links, deps.clock)
        self.reading = Reading(
            deps.views, deps.envelopes, deps.queries, self.settings.replay_events
        )
        self.fanout = Fanout(
            deps.subscription,
            deps.views,
            metrics=self.metrics,
            position_check_s=self.settings.position_check_s,
        )
        self.following = FollowingServices(
            reading=self.reading,
            fanout=self.fanout,
            metrics=self.metrics,
            events_per_frame=self.settings.events_per_frame,
        )
        self.wall = Wall(
            feed=deps.wall_feed,
            views=deps.views,
            search=deps.search,
            open_orders=deps.open_orders,
            clock=deps.clock,
            settings=self.settings,
        )
        self.broken = False
        self.queries = QueryRelay(deps.queries, deps.log, self.settings, self.metrics)

    def backlog(self) -> Backlog:
        """Return room for what waits for one connection."""
        return Backlog(
            self.settings.backlog_frames,
            self.settings.backlog_bytes,
            self.metrics.waiting_frames.inc,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear the live feed and check positions while the block runs."""
        await self.deps.subscription.start()
        tasks = [
            asyncio.create_task(self.fanout.listen(), name="live-feed-reader"),
            asyncio.create_task(self.fanout.check_positions(), name="position-check"),
        ]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.deps.subscription.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Fail readiness if background work ends by itself: silence would look like peace."""
        if task.cancelled():
            return
        self.broken = True
        log.error(
            "background_work_ended", extra={"task": task.get_name()}, exc_info=task.exception()
        )

    async def drain(self) -> None:
        """Take nobody new, fail readiness, and send everybody away over the drain window."""
        await self.connections.drain(self.settings.drain_window_s)
