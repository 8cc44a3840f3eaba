import asyncio
import dataclasses
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from adapters.aws.provisioner import Provisioner
from adapters.aws.publisher import SnsEventPublisher
from adapters.aws.queue import SqsQueue
from adapters.aws.topology import QueueSpec, Topology
from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.settings import Settings
from consumers.metrics import ConsumerMetrics
from consumers.needs import ConsumerPorts, ViewTiming
from consumers.registry import ConsumerModule
from domain.events import EventType, OrderEvent, topic
from domain.ports import Position
from domain.wire import dump_event
from tests.consumers.doubles import Workflows, eventually
from tests.consumers.orders import log_of, new_order_id
from tests.consumers.test_order_view import folded
from tests.services import TemporalServer
from tests.services import eventually as eventually_in_thread
from tests.workers.stack_settings import SECRETS, settings_with
from workers.provision import provision
from workers.run_consumer import Connections, chosen, connected, run_consumers
from workers.stack.errors import StackError
from workers.stack.ports import free_port

TOPICS = tuple(topic(event_type) for event_type in EventType)


@pytest.fixture
def variables(
    aws_endpoint_url: str,
    mongodb_url: str,
    redis_url: str,
    temporal_server: TemporalServer,
    mongo_database_name: str,
) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL": aws_endpoint_url,
        "MONGODB_URL": mongodb_url,
        "MONGODB_DATABASE": mongo_database_name,
        "REDIS_URL": redis_url,
        "TEMPORAL_ADDRESS": temporal_server.address,
    }


@pytest.fixture
def settings(variables: Mapping[str, str]) -> Settings:
    return settings_with(**variables)


class Rig:
    """The view's consumer on a queue of its own, on real services."""

    def __init__(self, connections: Connections, workflows: Workflows) -> None:
        module = chosen("order_view")["order_view"]
        queue = f"view-{secrets.token_hex(5)}"
        contract = dataclasses.replace(module.contract, queue=queue, max_receive=2)
        self.modules = {"order_view": ConsumerModule(contract=contract, build=module.build)}
        self.ports: ConsumerPorts = connections.ports
        self.connections = connections
        self.workflows = workflows
        self.publisher = SnsEventPublisher(connections.aws)
        self.queue = SqsQueue(connections.aws, queue)
        self.dead = SqsQueue(connections.aws, contract.dlq)

    async def provision(self) -> None:
        contract = self.modules["order_view"].contract
        spec = QueueSpec(name=contract.queue, topics=TOPICS, max_receive=contract.max_receive)
        topology = Topology(topics=TOPICS, queues=(spec,))
        await Provisioner(self.connections.aws).apply(topology)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(run_consumers(self.modules, self.connections, stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(task, 15)

    async def until_view_is_at(self, order_id: str, sequence: int) -> None:
        async with asyncio.timeout(15):
            while True:
                view = await self.ports.views.get(order_id)
                if view is not None and view.sequence >= sequence:
                    return
                await asyncio.sleep(0.02)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[None]:
    """A database with its indexes, dropped afterwards."""
    made = connect(settings.mongodb_url, settings.mongodb_database)
    try:
        await ensure_indexes(made)
        yield
    finally:
        await made.client.drop_database(settings.mongodb_database)
        await close(made)


@pytest.fixture
async def rig(settings: Settings, database: None) -> AsyncIterator[Rig]:
    workflows = Workflows()
    async with connected(settings, ConsumerMetrics(CollectorRegistry())) as connections:
        ports = dataclasses.replace(
            connections.ports,
            events_since=workflows.events_since,
            view_timing=ViewTiming(hole_wait_s=0.1, sweep_every_s=0.2),
        )
        rig = Rig(dataclasses.replace(connections, ports=ports), workflows)
        await rig.provision()
        yield rig
        rig.queue.close()
        rig.dead.close()


async def test_published_events_become_the_view_and_are_heard_live(rig: Rig) -> None:
    order = new_order_id()
    log = log_of(order, 7)
    subscription = rig.ports.live.subscribe()
    await subscription.start()
    await subscription.add(order)
    heard: list[OrderEvent] = []

    async def listen() -> None:
        async for batch in subscription.messages():
            heard.extend(batch or ())

    listening = asyncio.create_task(listen())
    shuffled = [*log, *log[2:5]]
    random.Random(7).shuffle(shuffled)
    async with rig.running():
        for event in shuffled:
            await rig.publisher.publish([event])
        await rig.until_view_is_at(order, 7)
        await eventually(lambda: len(heard) >= 7)
    await subscription.stop()
    listening.cancel()
    assert await rig.ports.views.get(order) == folded(log)
    assert list(await rig.ports.log.read(order, 1, 0)) == log
    assert heard == log


async def test_events_that_never_arrive_are_fetched_from_the_workflow(rig: Rig) -> None:
    hole, tail = new_order_id(), new_order_id()
    for order in (hole, tail):
        rig.workflows.logs[order] = log_of(order, 7)
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await rig.ports.heads.advance(tail, Position(epoch=1, sequence=7), long_ago)
    async with rig.running():
        await rig.publisher.publish([*log_of(hole, 7)[:2], log_of(hole, 7)[6]])
        await rig.publisher.publish(log_of(tail, 4))
        await rig.until_view_is_at(hole, 7)
        await rig.until_view_is_at(tail, 7)
    assert await rig.ports.views.get(hole) == folded(log_of(hole, 7))
    assert await rig.ports.views.get(tail) == folded(log_of(tail, 7))
    assert await rig.ports.heads.behind(datetime.now(UTC), 10) == []


async def test_poison_reaches_the_dead_letters_and_everything_else_the_view(rig: Rig) -> None:
    order = new_order_id()
    log = log_of(order, 5)
    future = dump_event(log[4]).replace("delivery_packed", "delivery_teleported")
    await rig.queue.send("{garbage")
    await rig.queue.send(future)
    async with rig.running():
        await rig.publisher.publish(log)
        await rig.until_view_is_at(order, 5)
        dead: set[str] = set()
        async with asyncio.timeout(20):
            while len(dead) < 2:
                messages = await rig.dead.receive(limit=10, wait_s=1, visibility_s=30)
                dead |= {message.body for message in messages}
    assert dead == {"{garbage", future}


def test_an_unknown_consumer_is_told_with_the_known_ones() -> None:
    with pytest.raises(StackError, match=r"no consumer 'view'.*order_view, webhook_inbox, and all"):
        chosen("view")


def test_a_process_may_run_all_consumers_but_some() -> None:
    everyone = set(chosen("all"))
    assert set(chosen("all-but:order_view")) == everyone - {"order_view"}
    assert set(chosen(f"all-but:{','.join(everyone)}")) == set()
    with pytest.raises(StackError, match="no consumer 'nobody'"):
        chosen("all-but:order_view,nobody")


async def test_a_process_without_a_consumer_waits_until_it_is_stopped(rig: Rig) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run_consumers({}, rig.connections, stop))
    done, _ = await asyncio.wait({running}, timeout=0.05)
    assert done == set()
    stop.set()
    await asyncio.wait_for(running, 5)


@contextmanager
def process(
    variables: Mapping[str, str], data: Path
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`orders consumer all` as the stack starts it."""
    port = free_port()
    env = {**os.environ, **SECRETS, **variables, "ORDERS_HEALTH_PORT": str(port)}
    command = [sys.executable, "-m", "workers.cli", "consumer", "all", "--data", str(data)]
    started = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield started, port
    finally:
        started.kill()
        started.communicate()


def answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_process_gets_ready_and_drains_on_sigterm(
    settings: Settings, variables: Mapping[str, str], tmp_path: Path
) -> None:
    asyncio.run(provision(settings, dry_run=False))
    with process(variables, tmp_path) as (started, port):
        eventually_in_thread(lambda: answers(port, "/readyz"), within_s=20)
        assert answers(port, "/metrics")
        started.send_signal(signal.SIGTERM)
        _, logs = started.communicate(timeout=15)
    assert started.returncode == 0, logs
    events = [json.loads(line)["event"] for line in logs.splitlines()]
    assert events[0] == "consumers_started"
    assert events[-1] == "consumers_stopped"
