"""Builds the order views anew; what `orders rebuild-view` does."""

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_views import MongoOrderViews
from adapters.mongo.view_builds import MongoViewBuilds, MongoWholeLog
from adapters.settings import Settings
from adapters.system_clock import SystemClock
from consumers.view_rebuild import Rebuilt, Report, ViewRebuild


async def rebuild_view(settings: Settings, report: Report, *, switch: bool) -> Rebuilt:
    """Build the views anew from the log, and switch over unless only comparing.

    Raises:
        ImpossibleStep: another build is under way.
        StoreUnavailable: MongoDB does not answer; the live views are as they were.
    """
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        await ensure_indexes(database)
        rebuild = ViewRebuild(
            log=MongoEventLog(database),
            whole_log=MongoWholeLog(database),
            live=MongoOrderViews(database),
            builds=MongoViewBuilds(database),
            clock=SystemClock(),
        )
        return await rebuild.run(report, switch=switch)
    finally:
        await close(database)


async def abandon_build(settings: Settings) -> None:
    """Forget a build whose process died. Idempotent.

    Raises:
        StoreUnavailable: MongoDB does not answer.
    """
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        await MongoViewBuilds(database).end()
    finally:
        await close(database)
