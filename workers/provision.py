"""Creates what has to exist before the first event: topics, queues, the bucket, indexes."""

import asyncio

from rich.console import Console

from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.topology import Change, QueueSpec, Topology
from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.settings import Settings
from consumers.contract import QueueDeclaration
from consumers.registry import queue_declarations
from domain.events import EventType, topic


def run(settings: Settings, dry_run: bool) -> None:
    """Make everything that is missing or different, or only say what would be. Safe to repeat.

    Raises:
        StoreUnavailable: a service does not answer; repeating goes on where this stopped.
    """
    console = Console(highlight=False)
    done = asyncio.run(provision(settings, dry_run=dry_run))
    for change in done:
        console.print(f"{'would ' if dry_run else ''}{change}")
    console.print(f"{len(done)} changes {'planned' if dry_run else 'made'}")


async def provision(settings: Settings, *, dry_run: bool) -> tuple[Change, ...]:
    """Return what was done to topics, queues and buckets; indexes are ensured silently."""
    wanted = topology(settings.s3_bucket)
    clients = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    try:
        provisioner = Provisioner(clients)
        if dry_run:
            return await provisioner.plan(wanted)
        done = await provisioner.apply(wanted)
    finally:
        clients.close()
    await _ensure_indexes(settings)
    return done


def topology(bucket: str) -> Topology:
    """Return all topics, heard or not, and the queues that the consumers' contracts ask for."""
    return Topology(
        topics=tuple(topic(event_type) for event_type in EventType),
        queues=tuple(_spec(declaration) for declaration in queue_declarations()),
        buckets=(bucket,),
    )


def _spec(declaration: QueueDeclaration) -> QueueSpec:
    return QueueSpec(
        name=declaration.name,
        topics=declaration.topics,
        visibility_s=declaration.visibility_s,
        max_receive=declaration.max_receive,
        dead_letters=declaration.dlq,
    )


async def _ensure_indexes(settings: Settings) -> None:
    database = connect(settings.mongodb_url, settings.mongodb_database)
    try:
        await ensure_indexes(database)
    finally:
        await close(database)
