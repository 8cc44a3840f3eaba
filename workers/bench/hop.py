"""One hop over a topic and its queue, with nothing else on the way: the yardstick for tracking."""

import asyncio
import time

from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.queue import SqsQueue
from adapters.aws.topology import QueueSpec, Topology
from workers.bench.bed import BenchFailed
from workers.stack.services import AWS_REGION

HOP = "bench-hop"
HOPS = 40
WAIT_S = 2
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.15
"""Before each message a poll waits already, as in a quiet shop. The emulator looks for messages
every 100 ms, so the pauses are spread over that."""


async def hop_milliseconds(aws_url: str) -> list[float]:
    """Return how long single messages took from `publish` to a receiver that was polling.

    Raises:
        BenchFailed: a message did not arrive.
        StoreUnavailable: the emulator does not answer.
    """
    clients = AwsClients(region=AWS_REGION, endpoint_url=aws_url)
    queue = SqsQueue(clients, HOP)
    try:
        spec = QueueSpec(name=HOP, topics=(HOP,))
        await Provisioner(clients).apply(Topology(topics=(HOP,), queues=(spec,)))
        arn = (await clients.call(clients.sns.create_topic, Name=HOP))["TopicArn"]
        return [await _hop(clients, queue, arn, pause_s) for pause_s in _pauses()]
    finally:
        queue.close()
        clients.close()


def _pauses() -> list[float]:
    step = (LONGEST_PAUSE_S - SHORTEST_PAUSE_S) / HOPS
    return [SHORTEST_PAUSE_S + number * step for number in range(HOPS)]


async def _hop(clients: AwsClients, queue: SqsQueue, arn: str, pause_s: float) -> float:
    polling = asyncio.create_task(queue.receive(limit=10, wait_s=WAIT_S, visibility_s=30))
    await asyncio.sleep(pause_s)
    began = time.perf_counter()
    await clients.call(clients.sns.publish, TopicArn=arn, Message="{}")
    received = await polling
    took = (time.perf_counter() - began) * 1000
    if not received:
        message = f"a message to {HOP} did not arrive within {WAIT_S} s"
        raise BenchFailed(message)
    await queue.delete(received)
    return took
