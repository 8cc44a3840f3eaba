"""The API as its process runs it: real MongoDB, Temporal, SQS and S3, over a real socket."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from adapters.aws.clients import AwsClients
from adapters.aws.queue import SqsQueue
from adapters.mongo.connection import close, connect
from adapters.mongo.seeding import seed_catalogue
from adapters.settings import Settings
from adapters.tokens import TokenIssuer
from consumers.webhook_inbox import read_inbox_message
from tests.api.shop import SKU, order_body, problem_type
from tests.api.test_webhooks import sign
from tests.services import TemporalServer, eventually
from tests.workers.stack_settings import SECRETS, settings_with
from tests.workflows.house import House
from workers.api import run as serve_api
from workers.provision import provision
from workers.stack.errors import StackError
from workers.stack.ports import free_port
from workflows.connection import connect as connect_temporal

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 30.0
PREVIOUS_SECRET = "dev-webhook-secret-before"


@dataclass(frozen=True, kw_only=True)
class RunningApi:
    settings: Settings
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.api_port}"

    def client(self) -> httpx.AsyncClient:
        """Return a client that speaks for a customer of its own, with a key of its own."""
        token = TokenIssuer(self.settings.jwt_secret).issue(
            f"cus_{secrets.token_hex(4)}", now=datetime.now(UTC), lifetime=timedelta(hours=1)
        )
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(8)}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def environment(
    mongodb_url: str, aws_endpoint_url: str, temporal_server: TemporalServer
) -> dict[str, str]:
    """A provisioned and seeded shop. Nobody answers for the courier."""
    name = f"api-{secrets.token_hex(8)}"
    variables = {
        **SECRETS,
        "RAZORPAY_WEBHOOK_SECRET_PREVIOUS": PREVIOUS_SECRET,
        "MONGODB_URL": mongodb_url,
        "MONGODB_DATABASE": name,
        "AWS_ENDPOINT_URL": aws_endpoint_url,
        "ORDERS_S3_BUCKET": name,
        "TEMPORAL_ADDRESS": temporal_server.address,
        "SHIPROCKET_BASE_URL": f"http://127.0.0.1:{free_port()}/v1/external",
    }
    asyncio.run(_prepare(settings_with(**variables)))
    return variables


async def _prepare(settings: Settings) -> None:
    await provision(settings, dry_run=False)
    database = connect(settings.mongodb_url, settings.mongodb_database)
    await seed_catalogue(database)
    await close(database)


@contextmanager
def running(environment: dict[str, str]) -> Iterator[RunningApi]:
    """Run the API's process while the block runs; it is ready on entry."""
    variables = environment | {"ORDERS_API_PORT": str(free_port())}
    program = (
        "import os; from adapters.settings import Settings; from workers.api import run; "
        "run(Settings.from_env(os.environ))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **variables}
    )
    try:
        api = RunningApi(settings=settings_with(**variables), process=process)
        eventually(lambda: _is_ready(api), within_s=READY_WITHIN_S, why="the API is not ready")
        yield api
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_ready(api: RunningApi) -> bool:
    assert api.process.poll() is None, "the API's process ended"
    try:
        return httpx.get(f"{api.url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def api(environment: dict[str, str]) -> Iterator[RunningApi]:
    with running(environment) as running_api:
        yield running_api


@pytest.fixture
async def workers(temporal_server: TemporalServer) -> AsyncIterator[House]:
    client = await connect_temporal(temporal_server.address)
    async with House(client=client).open() as house:
        yield house


async def test_an_order_goes_through_a_real_api_and_a_real_workflow(
    api: RunningApi, workers: House
) -> None:
    async with api.client() as client:
        placed = await client.post("/orders", json=order_body())
        assert placed.status_code == 201, placed.text
        body = placed.json()
        assert body["payment"]["amount_paise"] == body["total_paise"] == 947_00
        again = await client.post("/orders", json=order_body())
        assert (again.status_code, again.json()) == (201, body)
        other = await client.post("/orders", json=order_body(items=[{"sku": SKU, "quantity": 1}]))
        assert problem_type(other) == "idempotency-key-reused"
        order = (await client.get(f"/orders/{body['order_id']}")).json()
        assert (order["status"], order["payment_status"]) == ("pending_payment", "unpaid")
        cancelled = await client.post(
            f"/orders/{body['order_id']}/cancel", json={"reason": "changed my mind"}
        )
        assert cancelled.status_code == 200, cancelled.text
        answer = cancelled.json()
        read = await client.get(
            f"/orders/{body['order_id']}",
            params={"min_sequence": answer["sequence"], "epoch": answer["epoch"]},
        )
        assert read.json()["status"] == "cancelled"


async def test_a_refusal_by_the_workflow_stays_the_answer_of_its_key(
    api: RunningApi, workers: House
) -> None:
    workers.shop.on_hand.clear()
    async with api.client() as client:
        first = await client.post("/orders", json=order_body())
        again = await client.post("/orders", json=order_body())
    assert first.status_code == 409
    assert first.json()["lines"] == [{"sku": SKU, "requested": 2}]
    assert again.json() == first.json()


@pytest.mark.parametrize("secret", [SECRETS["RAZORPAY_WEBHOOK_SECRET"], PREVIOUS_SECRET])
async def test_a_webhook_under_either_secret_of_a_rotation_reaches_the_real_queue(
    api: RunningApi, secret: str
) -> None:
    body = json.dumps({"event": "payment.captured", "id": secrets.token_hex(8)}).encode()
    async with api.client() as client:
        response = await client.post(
            "/webhooks/razorpay",
            content=body,
            headers={"X-Razorpay-Signature": sign(body, secret)},
        )
        forged = await client.post(
            "/webhooks/razorpay",
            content=body,
            headers={"X-Razorpay-Signature": sign(body, "the secret before that")},
        )
    assert (response.status_code, forged.status_code) == (200, 401)
    assert body.decode() in await _waiting_in_inbox(api.settings)


async def _waiting_in_inbox(settings: Settings) -> list[str]:
    clients = AwsClients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    queue = SqsQueue(clients, "webhook-inbox")
    try:
        messages = await queue.receive(limit=10, wait_s=2, visibility_s=1)
    finally:
        queue.close()
        clients.close()
    return [read_inbox_message(message.body).body for message in messages]


async def test_ten_megabytes_get_their_413_over_a_real_socket(api: RunningApi) -> None:
    async with api.client() as client:
        for path in ("/orders", "/webhooks/razorpay"):
            response = await client.post(path, content=b"[" * 10_000_000)
            assert response.status_code == 413
        assert (await client.get("/healthz")).status_code == 200


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the test runner's own logging alone."""
    monkeypatch.setattr("workers.api.configure_logs", lambda: None)


@pytest.mark.usefixtures("quiet")
def test_a_temporal_that_does_not_answer_is_named_with_its_setting(
    environment: dict[str, str],
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    settings = settings_with(**environment, ORDERS_API_PORT=str(free_port()))
    with pytest.raises(StackError, match=f"{nobody}.*TEMPORAL_ADDRESS"):
        serve_api(replace(settings, temporal_address=nobody))


@pytest.mark.usefixtures("quiet")
def test_a_taken_port_is_named_with_its_setting(api: RunningApi) -> None:
    with pytest.raises(StackError, match=f"{api.settings.api_port}.*ORDERS_API_PORT"):
        serve_api(api.settings)


async def test_sigterm_lets_a_request_under_way_finish(
    environment: dict[str, str], workers: House
) -> None:
    with running(environment) as api:
        async with api.client() as client:
            placing = asyncio.create_task(client.post("/orders", json=order_body()))
            await asyncio.to_thread(
                eventually, lambda: bool(workers.gateway.called("create_order"))
            )
            api.process.send_signal(signal.SIGTERM)
            assert (await placing).status_code == 201
        assert await asyncio.to_thread(api.process.wait, 20) in {0, -signal.SIGTERM}
