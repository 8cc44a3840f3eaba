"""Functions under AWS's own runtime client: what the cloud would see of them."""

import hashlib
import hmac
import shutil
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.mongo.connection import close, connect, ensure_indexes
from adapters.mongo.event_log import MongoEventLog
from adapters.mongo.order_views import MongoOrderViews
from consumers.webhook_inbox import read_inbox_message
from domain.events import OrderEvent
from domain.wire import dump_event
from sandbox.lambda_runtime.process import (
    FunctionCrashed,
    FunctionError,
    FunctionProcess,
    FunctionSettings,
    FunctionTimedOut,
)
from sandbox.lambda_runtime.queue_stub import Mood, QueueStub
from sandbox.lambda_runtime.throttle import share_of
from tests.consumers.orders import log_of, new_order_id
from tests.lambdas.builds import (
    SECRET,
    TOKEN,
    failed_ids,
    function_named,
    gateway_event,
    queue_event,
    receiver_environment,
)
from workers.build_lambdas.contents import ROOT

Tasks = dict[str, Path]
Run = Callable[[FunctionSettings], FunctionProcess]
LOADED_WITHIN_S = 60.0
"""A machine that runs all tests loads slower than Lambda allows."""
CAPTURED = '{"event":"payment.captured"}'
PLANTED = """
import asyncio, os, sys, time
from pathlib import Path
from consumers.contract import *

CONTRACT = ConsumerContract(
    name="planted", types=NOT_FROM_TOPICS, queue="planted", ordering=Ordering.NONE,
    unknown_type=UnknownType.PARK, replay_safe=True,
    idempotency=Idempotency(
        key=IdempotencyKey.BUSINESS, scope="test", store="a file", window=FOREVER,
        atomicity=Atomicity.SAME_DOCUMENT, on_duplicate=OnDuplicate.NOTHING,
        on_mismatch=OnMismatch.KEEP_FIRST,
    ),
)

class Planted:
    async def handle_message(self, body):
        if body == "crash" and not Path(os.environ["CRASHED"]).exists():
            Path(os.environ["CRASHED"]).touch()
            await asyncio.sleep(0.05)
            os._exit(9)
        if body == "hang":
            await asyncio.sleep(60)
        if body == "block":
            time.sleep(60)
        if body == "spin":
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
        if body == "fail":
            raise ValueError("no")
        with Path(os.environ["HANDLED"]).open("a") as file:
            file.write(body + "\\n")

def build(ports):
    return Planted()
"""


@pytest.fixture
def queue() -> Iterator[QueueStub]:
    with QueueStub() as queue:
        yield queue


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts functions and ends them with the test."""
    started: list[FunctionProcess] = []

    def start(settings: FunctionSettings) -> FunctionProcess:
        started.append(FunctionProcess(settings))
        return started[-1]

    yield start
    for each in started:
        each.__exit__()


def receiver(tasks: Tasks, queue: QueueStub, name: str = "courier-webhook") -> FunctionSettings:
    return FunctionSettings(
        task=tasks[name],
        handler=function_named(name).handler,
        environment=receiver_environment(queue.url),
        timeout_s=5,
        init_within_s=LOADED_WITHIN_S,
    )


def scan(body: str = "{}") -> dict[str, Any]:
    return gateway_event(body, {"x-api-key": TOKEN})


def test_a_fresh_function_verifies_queues_and_answers(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    function = run(receiver(tasks, queue, "razorpay-webhook"))
    signature = hmac.new(SECRET.encode(), CAPTURED.encode(), hashlib.sha256).hexdigest()
    answered = function.invoke(gateway_event(CAPTURED, {"x-razorpay-signature": signature}))
    assert answered.payload["statusCode"] == 200
    [message] = queue.messages
    assert read_inbox_message(message).body == CAPTURED


def test_a_warm_function_uses_its_connection_again_and_is_quicker(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    function = run(receiver(tasks, queue))
    answers = [function.invoke(scan()) for _ in range(5)]
    assert function.starts == 1
    assert len({each.connection for each in queue.sent}) == 1
    assert min(each.took_s for each in answers[1:]) < answers[0].since_spawn_s / 4


def test_a_function_that_slept_until_its_connection_died_answers_all_the_same(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    function = run(receiver(tasks, queue))
    queue.moods = [Mood.FORGETS]
    assert [function.invoke(scan()).payload["statusCode"] for _ in range(2)] == [200, 200]
    assert len(queue.messages) == 2


def test_a_slow_queue_is_a_503_before_the_runtime_ends_the_invocation(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    queue.mood = Mood.HANGS
    function = run(replace(receiver(tasks, queue), timeout_s=2.0))
    assert function.invoke(scan()).payload["statusCode"] == 503
    queue.mood = Mood.WELL
    assert function.invoke(scan()).payload["statusCode"] == 200
    assert function.starts == 1


@pytest.mark.parametrize("event", [b"null", b"[]", b'"text"', b"{}", b'{"httpMethod": 1}'])
def test_a_malformed_event_is_an_answer_and_no_crash(
    tasks: Tasks, queue: QueueStub, run: Run, event: bytes
) -> None:
    function = run(receiver(tasks, queue))
    assert function.invoke(event).payload["statusCode"] == 400
    assert function.invoke(scan()).payload["statusCode"] == 200
    assert function.starts == 1


def test_an_event_that_is_no_json_at_all_is_an_error_of_the_runtime(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    function = run(receiver(tasks, queue))
    with pytest.raises(FunctionError) as error:
        function.invoke(b"{")
    assert error.value.kind == "Runtime.UnmarshalError"


def test_a_function_without_its_secret_says_so_while_it_initialises(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    settings = receiver(tasks, queue)
    bare = {name: v for name, v in settings.environment.items() if name != "COURIER_WEBHOOK_TOKEN"}
    with pytest.raises(FunctionError, match="COURIER_WEBHOOK_TOKEN not set"):
        run(replace(settings, environment=bare)).invoke(scan())


def test_a_receiver_with_the_least_memory_answers_too(
    tasks: Tasks, queue: QueueStub, run: Run
) -> None:
    function = run(replace(receiver(tasks, queue), cpu_share=share_of(128)))
    assert [function.invoke(scan()).payload["statusCode"] for _ in range(2)] == [200, 200]


# --- a planted consumer ---------------------------------------------------------------------------


@pytest.fixture
def planted(tmp_path: Path) -> FunctionSettings:
    task = tmp_path / "task"
    for package in ("domain", "consumers", "lambdas", "adapters"):
        shutil.copytree(
            ROOT / package, task / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    (task / "consumers" / "planted.py").write_text(PLANTED)
    return FunctionSettings(
        task=task,
        handler="lambdas.consumer.handle",
        environment={
            "ORDERS_CONSUMER": "consumers.planted",
            "HANDLED": str(tmp_path / "handled"),
            "CRASHED": str(tmp_path / "crashed"),
        },
        timeout_s=2.5,
        init_within_s=LOADED_WITHIN_S,
        third_party=(Path(sysconfig.get_paths()["purelib"]),),
    )


def handled(settings: FunctionSettings) -> list[str]:
    path = Path(settings.environment["HANDLED"])
    return sorted(path.read_text().split()) if path.exists() else []


def test_a_crash_in_the_middle_of_a_batch_ends_it_and_the_batch_comes_again(
    planted: FunctionSettings, run: Run
) -> None:
    function = run(planted)
    batch = queue_event("a", "crash", "b")
    with pytest.raises(FunctionCrashed, match="ended with 9"):
        function.invoke(batch)
    assert failed_ids(function.invoke(batch).payload) == []
    assert function.starts == 2
    assert handled(planted) == ["a", "a", "b", "b", "crash"]


def test_only_what_failed_is_named(planted: FunctionSettings, run: Run) -> None:
    function = run(planted)
    assert failed_ids(function.invoke(queue_event("a", "fail", "b")).payload) == ["1"]
    assert handled(planted) == ["a", "b"]


def test_a_message_that_takes_too_long_is_named_before_the_runtime_ends_the_invocation(
    planted: FunctionSettings, run: Run
) -> None:
    function = run(planted)
    assert failed_ids(function.invoke(queue_event("a", "hang", "b")).payload) == ["1"]
    assert function.starts == 1
    assert handled(planted) == ["a", "b"]


def test_a_throttled_function_gets_its_share_of_the_cpu_and_no_more(
    planted: FunctionSettings, run: Run
) -> None:
    share = share_of(256)
    function = run(replace(planted, cpu_share=share, timeout_s=30.0))
    answered = function.invoke(queue_event("spin"))
    assert failed_ids(answered.payload) == []
    assert answered.took_s > 0.1 / share / 2  # 0.1 s of CPU; a busy machine only adds to it


def test_a_function_that_blocks_is_ended_and_started_anew(
    planted: FunctionSettings, run: Run
) -> None:
    function = run(replace(planted, timeout_s=1.0))
    with pytest.raises(FunctionTimedOut, match="no answer within 1 s"):
        function.invoke(queue_event("block"))
    assert failed_ids(function.invoke(queue_event("a")).payload) == []
    assert function.starts == 2


@pytest.mark.parametrize("event", [{}, {"Records": [{"body": "a"}]}, [], None])
def test_a_malformed_batch_fails_as_a_whole_and_the_function_lives_on(
    planted: FunctionSettings, run: Run, event: object
) -> None:
    function = run(planted)
    with pytest.raises(FunctionError) as error:
        function.invoke(event)
    assert error.value.kind == "Malformed"
    assert failed_ids(function.invoke(queue_event("a")).payload) == []
    assert function.starts == 1


def test_a_consumer_that_is_not_named_says_which_variable_to_set(
    planted: FunctionSettings, run: Run
) -> None:
    bare = replace(planted, environment={**planted.environment, "ORDERS_CONSUMER": ""})
    with pytest.raises(FunctionError, match="ORDERS_CONSUMER is ''"):
        run(bare).invoke(queue_event("a"))


# --- the view as a function -----------------------------------------------------------------------


async def test_the_view_as_a_function_does_what_it_does_on_a_server(
    tasks: Tasks, run: Run, mongodb_url: str, redis_url: str, mongo_database_name: str
) -> None:
    database = connect(mongodb_url, mongo_database_name)
    await ensure_indexes(database)
    function = run(
        FunctionSettings(
            task=tasks["consumer-order-view"],
            handler="lambdas.consumer.handle",
            environment={
                "ORDERS_CONSUMER": "consumers.order_view",
                "MONGODB_URL": mongodb_url,
                "MONGODB_DATABASE": mongo_database_name,
                "REDIS_URL": redis_url,
            },
            timeout_s=10.0,
            init_within_s=LOADED_WITHIN_S,
        )
    )
    log = log_of(new_order_id(), 7)
    first = function.invoke(queue_event(*_written(log[3:], log[:2]), "no event"))
    assert failed_ids(first.payload) == ["6"]
    assert failed_ids(function.invoke(queue_event(*_written(log[:4]))).payload) == []
    assert function.starts == 1
    order_id = log[0].order_id
    assert list(await MongoEventLog(database).read(order_id, 1, 0)) == log
    view = await MongoOrderViews(database).get(order_id)
    assert view is not None
    assert view.sequence == 7
    await database.client.drop_database(mongo_database_name)
    await close(database)


def _written(*logs: list[OrderEvent]) -> list[str]:
    return [dump_event(event) for log in logs for event in log]


def test_a_view_whose_database_is_away_names_every_message(tasks: Tasks, run: Run) -> None:
    function = run(
        FunctionSettings(
            task=tasks["consumer-order-view"],
            handler="lambdas.consumer.handle",
            environment={
                "ORDERS_CONSUMER": "consumers.order_view",
                "MONGODB_URL": "mongodb://127.0.0.1:1/?directConnection=true",
                "REDIS_URL": "redis://127.0.0.1:1/0",
            },
            timeout_s=2.5,
            init_within_s=LOADED_WITHIN_S,
        )
    )
    answered = function.invoke(queue_event(*_written(log_of(new_order_id(), 3))))
    assert failed_ids(answered.payload) == ["0", "1", "2"]
    assert function.starts == 1
