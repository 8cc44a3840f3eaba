"""Creates what has to exist before the first event: topics, queues, the bucket, indexes."""

import asyncio
from dataclasses import dataclass

from rich.console import Console

from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.topology import Change, Stranger
from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.settings import Settings
from workers.event_topology import topology
from workers.provision_report import print_report


@dataclass(frozen=True, kw_only=True, slots=True)
class Provisioned:
    """What was done, or would be, and what is there that nobody declares."""

    changes: tuple[Change, ...]
    strangers: tuple[Stranger, ...]


def run(settings: Settings, dry_run: bool) -> None:
    """Make everything that is missing or different, or only show what would be. Safe to repeat.

    Raises:
        StoreUnavailable: a service does not answer; repeating goes on where this stopped.
    """
    done = asyncio.run(provision(settings, dry_run=dry_run))
    console = Console(highlight=False, soft_wrap=True)
    print_report(console, done.changes, done.strangers, dry_run=dry_run)


async def provision(settings: Settings, *, dry_run: bool) -> Provisioned:
    """Return what was done to topics, queues and buckets; indexes are ensured silently.

    Nothing is ever deleted.
    """
    wanted = topology(settings.s3_bucket)
    clients = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    try:
        provisioner = Provisioner(clients)
        strangers = await provisioner.strangers(wanted)
        if dry_run:
            return Provisioned(changes=await provisioner.plan(wanted), strangers=strangers)
        done = await provisioner.apply(wanted)
    finally:
        clients.close()
    await _ensure_indexes(settings)
    return Provisioned(changes=done, strangers=strangers)


async def _ensure_indexes(settings: Settings) -> None:
    database = connect(
        settings.mongodb_url, settings.mongodb_database, driver=settings.mongodb_driver
    )
    try:
        await ensure_indexes(database)
    finally:
        await close(database)
