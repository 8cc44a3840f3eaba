"""Real orders whose webhooks go through functions, beside twins whose webhooks go to the server."""

import asyncio
import os
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

from adapters.aws.clients import AwsClients
from adapters.aws.provisioner import Provisioner
from adapters.aws.topology import QueueSpec, Topology
from domain.webhooks import COURIER, RAZORPAY
from lambdas.functions import Function, functions
from sandbox.lambda_runtime.front import Front, Pool
from sandbox.lambda_runtime.process import FunctionProcess, FunctionSettings
from workers.build_lambdas.build import build_one
from workers.lambda_proof.dispatcher import Dispatcher
from workers.lambda_proof.event_source import EventSource, Killer
from workers.lambda_proof.twins import Directory, Twins, Way, differences, plan_twins
from workers.soak.customer import Customer
from workers.soak.evidence import Mailbox, gather_evidence
from workers.soak.invariants import findings_of
from workers.soak.lives import Lived
from workers.soak.quiet import Watch
from workers.soak.sources import opened_sources
from workers.soak.stack_client import Json, StackClient
from workers.stack.run import StackOptions, running_stack
from workers.stack.supervisor import Reporter

QUEUE: Final = "webhook-inbox-functions"
VISIBILITY_S: Final = 6
MAX_RECEIVE: Final = 50
"""A killed consumer has done nothing wrong with its messages; kills alone must not bury them."""
RECEIVERS_EACH: Final = 2
CONSUMERS: Final = 2
CHECKOUTS_AT_ONCE: Final = 6
KILL_EVERY_S: Final = (2.0, 6.0)
READ_MAIL_EVERY_S: Final = 5.0
FAULTS: Final[Json] = {"duplicate": 0.3, "reorder": 0.2}
PATIENCE_S: Final = 90.0
DRAIN_S: Final = 60.0
SETTINGS: Final[Mapping[str, str]] = {
    "ORDERS_PAYMENT_WINDOW_S": "600",
    "ORDERS_RETURN_WINDOW_S": "2",
    "ORDERS_LATE_PAYMENT_WINDOW_S": "2",
    "ORDERS_AUTO_PACK": "true",
}
PATHS: Final = {RAZORPAY: "razorpay-webhook", COURIER: "courier-webhook"}
CONSUMER: Final = "consumer-webhook-inbox"
COUNTED: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
LOADED_WITHIN_S: Final = 60.0
"""A machine that runs two stacks of everything loads slower than Lambda allows."""

Say = Callable[[str], None]


@dataclass(kw_only=True)
class Proof:
    """What a run has shown. It holds when there are no findings."""

    orders: int
    seed: int
    answers: Counter[str] = field(default_factory=Counter)
    source: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    starts: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)

    @property
    def through_functions(self) -> int:
        """Return how many webhooks functions have answered with 200."""
        return sum(self.answers[f"{name} 200"] for name in PATHS.values())

    def as_json(self) -> Json:
        """Return the body of the result file."""
        return {
            "orders_each_way": self.orders,
            "seed": self.seed,
            "webhooks_through_functions": self.through_functions,
            "webhooks_to_the_server": self.answers["server 200"],
            "answers": dict(sorted(self.answers.items())),
            "faults": {"webhooks": FAULTS},
            "consumer": {
                "kills": self.kills,
                "starts": self.starts,
                **dict(sorted(self.source.items())),
            },
            "ended": dict(sorted(self.ended.items())),
            "seconds": round(self.seconds, 1),
            "findings": self.findings[:100],
            "passed": not self.findings,
        }


async def prove(
    *, orders: int, seed: int, say: Say, reporter: Reporter, settings: Mapping[str, str] = SETTINGS
) -> Proof:
    """Run twins of orders on a stack of its own and compare their ledgers.

    Raises:
        StackError: the stack cannot start, or a function cannot be built.
    """
    began = time.monotonic()
    twins = plan_twins(orders, seed, uuid4().hex[:8])
    directory = Directory(twins)
    proof = Proof(orders=orders, seed=seed)
    with tempfile.TemporaryDirectory(prefix="orders-lambda-proof-") as name:
        folder = Path(name)
        tasks = await asyncio.to_thread(_tasks, folder / "functions")
        with Front({}, partial(_choose, directory)) as front:
            os.environ.update(settings)
            os.environ.update(
                {f"{each.upper()}_WEBHOOK_URL": f"{front.url}/webhooks/{each}" for each in PATHS}
            )
            options = StackOptions(root=folder / "data", free_ports=True)
            async with running_stack(options, reporter) as stack:
                environment = stack.plan.environment
                _give_credentials(environment)
                front.server_url = environment["ORDERS_API_URL"]
                async with _queue(environment) as queue:
                    with _functions(tasks, environment, queue, front) as consumers:
                        say("the stack and the functions are up")
                        await _live(options.root, twins, proof, consumers, say)
                        proof.findings += await _left_on_queues(queue, consumers.source)
                        proof.source = consumers.source.counts
                        proof.starts = sum(each.starts for each in consumers.processes)
                proof.answers = front.counts
    proof.seconds = time.monotonic() - began
    return proof


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """The queue of the functions' way, and that of its dead letters."""

    aws: AwsClients
    url: str
    dead_url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Consumers:
    """The consumer's sandboxes and what feeds them."""

    processes: Sequence[FunctionProcess]
    source: EventSource


async def _live(
    data: Path, twins: Sequence[Twins], proof: Proof, consumers: Consumers, say: Say
) -> None:
    lives = [lived for pair in twins for lived in (pair.functions, pair.server)]
    mailbox = Mailbox()
    async with opened_sources(data) as sources:
        dispatcher = Dispatcher(sources.stack, twins)
        await _begin(sources.stack, dispatcher, proof.seed)
        beside = [
            asyncio.create_task(mailbox.keep_reading(sources.stack, READ_MAIL_EVERY_S)),
            asyncio.create_task(dispatcher.run()),
        ]
        with Killer(consumers.processes, proof.seed, KILL_EVERY_S) as killer:
            gate, answers = asyncio.Semaphore(CHECKOUTS_AT_ONCE), Counter[str]()
            await asyncio.gather(
                *(Customer(sources.stack, lived, gate, answers).live() for lived in lives)
            )
            say(f"{sum(bool(each.order_id) for each in lives)} orders placed; waiting for quiet")
            restless = await Watch(sources.stack, lives).until_quiet(PATIENCE_S)
        for task in beside:
            task.cancel()
        proof.kills = killer.kills
        proof.findings += [f"{each} is not at rest" for each in sorted(restless)]
        say("all is quiet; comparing each order with its twin")
        cases = await gather_evidence(sources, lives, mailbox)
    for case in cases:
        proof.findings += findings_of(case)
        proof.ended[f"{case.view.get('status')}, {case.view.get('payment_status')}"] += 1
    proof.findings += _complaints(lives)
    proof.findings += differences(twins, {case.lived.order_id: case.view for case in cases})


def _complaints(lives: Sequence[Lived]) -> Iterator[str]:
    for lived in lives:
        yield from (f"{lived.plan.key}: {each}" for each in lived.complaints)


async def _begin(stack: StackClient, dispatcher: Dispatcher, seed: int) -> None:
    await dispatcher.stop_the_clockwork()
    for ask in (stack.razorpay, stack.courier):
        await ask("PUT", "faults", {"seed": seed, "webhooks": FAULTS})


def _choose(directory: Directory, path: str, body: bytes) -> str | None:
    if directory.way_of(body) is Way.SERVER:
        return None
    return PATHS[path.rpartition("/")[2]]


def _tasks(folder: Path) -> dict[str, tuple[Function, Path]]:
    """Pack what is needed, and unpack it as Lambda does."""
    tasks = {}
    for function in functions():
        if function.name in (*PATHS.values(), CONSUMER):
            built = build_one(function, folder)
            task = folder / function.name
            with zipfile.ZipFile(built.path) as archive:
                archive.extractall(task)
            tasks[function.name] = (function, task)
    return tasks


@asynccontextmanager
async def _queue(environment: Mapping[str, str]) -> AsyncIterator["Queue"]:
    """Make the queue of the functions' way beside that of the server's."""
    aws = AwsClients(region=environment["AWS_REGION"], endpoint_url=environment["AWS_ENDPOINT_URL"])
    try:
        queue = QueueSpec(
            name=QUEUE,
            topics=(),
            visibility_s=VISIBILITY_S,
            max_receive=MAX_RECEIVE,
            dead_letters=f"{QUEUE}-dlq",
        )
        await Provisioner(aws).apply(Topology(topics=(), queues=(queue,), buckets=()))
        answer = await aws.call(aws.sqs.get_queue_url, QueueName=QUEUE)
        dead = await aws.call(aws.sqs.get_queue_url, QueueName=queue.dead_letters)
        yield Queue(aws=aws, url=answer["QueueUrl"], dead_url=dead["QueueUrl"])
    finally:
        aws.close()


@contextmanager
def _functions(
    tasks: Mapping[str, tuple[Function, Path]],
    environment: Mapping[str, str],
    queue: Queue,
    front: Front,
) -> Iterator[Consumers]:
    """Run the receivers behind the front, and the consumer behind its event source."""
    with ExitStack() as stack:

        def started(name: str, count: int) -> list[FunctionProcess]:
            function, task = tasks[name]
            settings = FunctionSettings(
                task=task,
                handler=function.handler,
                environment=_variables(function, environment, queue.url),
                timeout_s=function.timeout_s,
                init_within_s=LOADED_WITHIN_S,
            )
            return [stack.enter_context(FunctionProcess(settings)) for _ in range(count)]

        for name in PATHS.values():
            front.pools[name] = Pool(started(name, RECEIVERS_EACH))
        processes = started(CONSUMER, CONSUMERS)
        source = stack.enter_context(EventSource(queue.aws, queue.url, processes))
        yield Consumers(processes=processes, source=source)


def _variables(function: Function, environment: Mapping[str, str], url: str) -> dict[str, str]:
    given = {**environment, "WEBHOOK_INBOX_URL": url, **function.variables}
    names = (
        *function.settings, *function.optional_settings, *function.variables,
        "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
    )  # fmt: skip
    return {name: given[name] for name in names if name in given}


async def _left_on_queues(queue: Queue, source: EventSource) -> list[str]:
    """Return what is still on the functions' queue when it should have drained, or is dead."""
    until = time.monotonic() + DRAIN_S
    left = await _depth(queue.aws, queue.url)
    while left and time.monotonic() < until:
        await asyncio.sleep(0.5)
        left = await _depth(queue.aws, queue.url)
    buried = await _depth(queue.aws, queue.dead_url)
    found = [f"{left} messages are still on the queue: {dict(source.counts)}"] if left else []
    return [*found, *([f"{buried} dead letters"] if buried else [])]


async def _depth(aws: AwsClients, url: str) -> int:
    answer = await aws.call(aws.sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    found: Mapping[str, str] = {str(name): text for name, text in answer["Attributes"].items()}
    return sum(int(found.get(name, "0")) for name in COUNTED)


def _give_credentials(environment: Mapping[str, str]) -> None:
    """The AWS client reads its credentials from the process alone."""
    os.environ.update({name: text for name, text in environment.items() if name.startswith("AWS_")})
