"""Webhooks at a fixed rate: how fast they are answered, and how fast orders hear of them."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from functools import partial
from itertools import cycle, islice
from secrets import token_hex

import httpx
from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from adapters.aws.clients import AwsClients
from domain import ids
from workers.bench.bare import QUEUE, BareSignalWorkflow
from workers.bench.bed import SKUS, Bed, BenchFailed, in_flight, new_customer, until
from workers.bench.figures import Json, Outcome, Row, at_most, spread
from workers.stack.services import AWS_REGION

NAME = "webhooks"
LIMIT_MS = 1000.0
RATE = 100
SECONDS = 10
ORDERS = 20
BURST = 600
AT_ONCE = 40
"""Signals in flight: the consumer has four batches of ten."""
ANSWER_S = 30.0
MANY = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
"""Razorpay waits for nobody's connection: what is slow is answered late, not sent late."""
INBOX = "webhook-inbox"
SIGNALLED = HistoryEventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


class Hook:
    """Razorpay's side of the webhook: bodies about failed attempts, signed and sent.

    The same news comes again and again, as Razorpay repeats it: from the second time on an order
    hears what it knows already, so that nothing but receiving and signalling is measured.
    """

    def __init__(self, bed: Bed, placed: Sequence[Json], http: httpx.AsyncClient) -> None:
        secret = bed.stack.secrets["RAZORPAY_WEBHOOK_SECRET"]
        self._url = f"{bed.stack.addresses['api']}/webhooks/razorpay"
        self._http = http
        self._signed = [_signed(_failed(order), secret) for order in placed]
        self._next = cycle(self._signed)

    async def send(self, due: float) -> float:
        """Send one webhook when it is due; return how long after that it was answered, in ms.

        Raises:
            BenchFailed: the answer is not 200.
        """
        body, signature = next(self._next)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        headers = {
            "X-Razorpay-Signature": signature,
            "X-Razorpay-Event-Id": f"evt_{token_hex(7)}",
            "Content-Type": "application/json",
        }
        try:
            answer = await self._http.post(self._url, content=body, headers=headers)
        except httpx.TransportError as error:
            message = f"a webhook was not answered within {ANSWER_S:g} s: {error!r}"
            raise BenchFailed(message) from error
        if answer.status_code != httpx.codes.OK:
            message = f"a webhook was answered {answer.status_code}: {answer.text[:200]}"
            raise BenchFailed(message)
        return (time.perf_counter() - due) * 1000


async def measure(bed: Bed) -> Outcome:
    """Send webhooks at 100 a second, then a burst; time a bare workflow's signals beside it.

    Raises:
        BenchFailed: a webhook was not accepted, or not every order heard of all.
    """
    placed = [await bed.place(new_customer(), sku) for sku in islice(cycle(SKUS), ORDERS)]
    order_ids = [order["order_id"] for order in placed]
    http = httpx.AsyncClient(timeout=ANSWER_S, limits=MANY, trust_env=False)
    hook, aws = Hook(bed, placed, http), _aws(bed)
    try:
        await asyncio.gather(*(hook.send(time.perf_counter()) for _ in placed))
        await until(partial(_is_empty, aws), "the inbox is empty")
        answered, lag_s = await _at_rate(hook, aws)
        burst_s = await _burst(hook, aws)
    finally:
        aws.close()
        await http.aclose()
    heard = sum([await _signals(bed.temporal, order_id) for order_id in order_ids])
    sent = len(placed) + RATE * SECONDS + BURST
    if heard < sent:
        message = f"{sent} webhooks were accepted, the orders heard of {heard}"
        raise BenchFailed(message)
    bare_s = await _bare(bed.temporal)
    return _outcome(answered, lag_s, burst_s, bare_s, sent=sent, heard=heard)


async def _at_rate(hook: Hook, aws: AwsClients) -> tuple[list[float], float]:
    """Return the answers' milliseconds, and by how much the last signal came after the last."""
    began = time.perf_counter() + 0.1
    dues = [began + number / RATE for number in range(RATE * SECONDS)]
    answered = await asyncio.gather(*(hook.send(due) for due in dues))
    ended = time.perf_counter()
    await until(partial(_is_empty, aws), "the inbox is empty")
    return answered, time.perf_counter() - ended


async def _burst(hook: Hook, aws: AwsClients) -> float:
    """Return how long it took from the first of many webhooks until the last was signalled."""
    began = time.perf_counter()

    async def send() -> float:
        return await hook.send(time.perf_counter())

    await in_flight(AT_ONCE, [send] * BURST)
    await until(partial(_is_empty, aws), "the inbox is empty")
    return time.perf_counter() - began


async def _bare(client: Client) -> float:
    """Return how long as many signals take to workflows that only count them."""
    async with Worker(client, task_queue=QUEUE, workflows=[BareSignalWorkflow]):
        handles = [
            await client.start_workflow(
                BareSignalWorkflow.run, id=f"bench:{token_hex(8)}", task_queue=QUEUE
            )
            for _ in range(ORDERS)
        ]
        began = time.perf_counter()
        await in_flight(AT_ONCE, [partial(_signal, each) for each in _round(handles, BURST)])
        took = time.perf_counter() - began
        for handle in handles:
            await handle.signal(BareSignalWorkflow.end)
            await handle.result()
    return took


def _round(
    handles: Sequence[WorkflowHandle[BareSignalWorkflow, int]], count: int
) -> list[WorkflowHandle[BareSignalWorkflow, int]]:
    return list(islice(cycle(handles), count))


async def _signal(handle: WorkflowHandle[BareSignalWorkflow, int]) -> None:
    await handle.signal(BareSignalWorkflow.count)


async def _signals(client: Client, order_id: str) -> int:
    handle = client.get_workflow_handle(ids.workflow_id(order_id))
    return sum([event.event_type == SIGNALLED async for event in handle.fetch_history_events()])


def _aws(bed: Bed) -> AwsClients:
    return AwsClients(region=AWS_REGION, endpoint_url=bed.stack.addresses["aws"])


async def _is_empty(aws: AwsClients) -> bool:
    """Tell whether no message waits and none is being handled."""
    url = (await aws.call(aws.sqs.get_queue_url, QueueName=INBOX))["QueueUrl"]
    found = await aws.call(
        aws.sqs.get_queue_attributes,
        QueueUrl=url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return not any(int(count) for count in found["Attributes"].values())


def _failed(placed: Json) -> bytes:
    """Return Razorpay's news of a failed attempt on an order."""
    now = int(time.time())
    payment = {
        "id": f"pay_{token_hex(7)}",
        "entity": "payment",
        "amount": placed["payment"]["amount_paise"],
        "currency": "INR",
        "status": "failed",
        "order_id": placed["payment"]["razorpay_order_id"],
        "method": "upi",
        "captured": False,
        "notes": {"order_id": placed["order_id"]},
        "error_code": "BAD_REQUEST_ERROR",
        "error_description": "The bank declined the payment",
        "created_at": now,
    }
    event = {
        "entity": "event",
        "event": "payment.failed",
        "contains": ["payment"],
        "payload": {"payment": {"entity": payment}},
        "created_at": now,
    }
    return json.dumps(event).encode()


def _signed(body: bytes, secret: str) -> tuple[bytes, str]:
    return body, hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _outcome(
    answered: Sequence[float],
    lag_s: float,
    burst_s: float,
    bare_s: float,
    *,
    sent: int,
    heard: int,
) -> Outcome:
    shown, ours, bare = spread(answered), BURST / burst_s, BURST / bare_s
    rows = (
        Row(
            what=f"answered at {RATE}/s for {SECONDS} s, p99",
            figure=f"{shown['p99']:.0f} ms",
            beside=f"p50 {shown['p50']:.0f} ms, worst {shown['max']:.0f} ms",
            target=f"≤ {LIMIT_MS:.0f} ms",
            verdict=at_most(shown["p99"], LIMIT_MS),
        ),
        Row(
            what=f"orders signalled, a burst of {BURST}",
            figure=f"{ours:.0f}/s",
            beside=f"bare signals {bare:.0f}/s: {ours / bare:.2f} of it",
        ),
        Row(
            what=f"the last order hears of it, after {RATE}/s for {SECONDS} s",
            figure=f"{lag_s:.1f} s",
            beside=f"{sent} sent, {heard} signals",
        ),
    )
    figures = {
        "answered_ms": shown,
        "rate_per_s": RATE,
        "lag_s": round(lag_s, 2),
        "signalled_per_s": round(ours, 1),
        "bare_signals_per_s": round(bare, 1),
        "sent": sent,
        "signals": heard,
    }
    return Outcome(name=NAME, rows=rows, figures=figures)
