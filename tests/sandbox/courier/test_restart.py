"""The sandbox as a process of its own, killed without warning and started again."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.sandbox.courier.seller import (
    EMAIL,
    PASSWORD,
    Seller,
    WebhookReceiver,
    logged_in,
)

ROOT = Path(__file__).parents[3]
DEADLINE_S = 20.0
SLOW_CALL_S = 0.03


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def start(port: int, receiver: WebhookReceiver, data: Path, **more: str) -> subprocess.Popen[bytes]:
    environ = os.environ | {
        "SHIPROCKET_EMAIL": EMAIL,
        "SHIPROCKET_PASSWORD": PASSWORD,
        "COURIER_WEBHOOK_URL": receiver.url,
        "COURIER_SANDBOX_DATA": str(data),
        "COURIER_STEP_S": "0.3",
    }
    command = [sys.executable, "-m", "sandbox.courier.server", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=environ | more)


@contextlib.asynccontextmanager
async def running(
    port: int, receiver: WebhookReceiver, data: Path
) -> AsyncIterator[tuple[Seller, subprocess.Popen[bytes]]]:
    """The sandbox's process while the block runs; killed without warning at its end."""
    process = start(port, receiver, data)
    try:
        await answers(port, process)
        async with logged_in(f"http://127.0.0.1:{port}", receiver) as seller:
            yield seller, process
    finally:
        process.kill()
        process.wait()


async def answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            assert process.poll() is None, "the sandbox ended"
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200:
                    return
            assert time.monotonic() < deadline, "the sandbox never answered"
            await asyncio.sleep(0.05)


async def test_a_killed_sandbox_knows_its_parcels_and_moves_them_on(
    own_receiver: WebhookReceiver, tmp_path: Path
) -> None:
    data, port = tmp_path / "courier.sqlite", free_port()
    async with running(port, own_receiver, data) as (seller, _):
        await seller.switch(cancel_answer="json")
        parcel = await seller.dispatched()
        await seller.script("happy", 0)
        standing = await seller.dispatched()
        token = seller.http.headers["authorization"]
        wallet = await seller.wallet_paise()
        await seller.pass_time(5 * 86_400)
        now = (await seller.state())["now"]
        unmoved = await seller.booked()

    async with running(port, own_receiver, data) as (seller, _):
        state = await seller.state()
        assert state["now"] >= now
        assert state["script"] == {"script": "happy", "step_s": 0.0}
        assert state["switches"]["cancel_answer"] == "json"
        assert await seller.wallet_paise() < wallet
        await seller.wait_for(parcel["awb_code"], 7)
        assert (await seller.track(standing["awb_code"]))["shipment_status"] == 3
        await seller.pick_up(unmoved["shipment_id"])
        later = await seller.booked()
        assert later["awb_code"] not in {parcel["awb_code"], standing["awb_code"]}
        seller.http.headers["authorization"] = token
        assert (await seller.get("/orders")).status_code == 200


async def test_webhooks_that_were_never_acknowledged_come_after_the_restart(
    own_receiver: WebhookReceiver, tmp_path: Path
) -> None:
    data, port = tmp_path / "courier.sqlite", free_port()
    own_receiver.answer_status = 503
    async with running(port, own_receiver, data) as (seller, _):
        awb = (await seller.dispatched())["awb_code"]
        await seller.advance(awb, "delivered")
        await own_receiver.wait_for(awb, 3)
    own_receiver.received.clear()
    own_receiver.answer_status = 200
    async with running(port, own_receiver, data):
        body = await own_receiver.wait_for(awb, 7)
    assert len(body["scans"]) == 6


def test_a_live_looking_account_ends_the_process_with_the_reason(
    tmp_path: Path,
) -> None:
    environ = os.environ | {"SHIPROCKET_EMAIL": "ops@realshop.in", "SHIPROCKET_PASSWORD": "x"}
    command = [sys.executable, "-m", "sandbox.courier.server", "--port", str(free_port())]
    ended = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 2
    assert "SHIPROCKET_EMAIL" in ended.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_call_takes_milliseconds_and_a_stopped_sandbox_ends_by_itself(
    own_receiver: WebhookReceiver, tmp_path: Path
) -> None:
    async with running(free_port(), own_receiver, tmp_path / "courier.sqlite") as (
        seller,
        process,
    ):
        taken = []
        for _ in range(15):
            started = time.perf_counter()
            await seller.created()
            taken.append(time.perf_counter() - started)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 10) in {0, -signal.SIGTERM}
    assert sorted(taken)[len(taken) // 2] < SLOW_CALL_S
