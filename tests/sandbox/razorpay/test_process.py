"""The process: its settings, and what it still knows after it was killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox.razorpay.config import RazorpaySandboxConfig, SandboxConfigError, config_from_environ

ROOT = Path(__file__).parents[3]
KEYS = ("rzp_test_process000001", "process_secret")
SETTINGS = {
    "RAZORPAY_KEY_ID": KEYS[0],
    "RAZORPAY_KEY_SECRET": KEYS[1],
    "RAZORPAY_WEBHOOK_SECRET": "process_webhook_secret",
}
RUN = (
    "import os, sys; from sandbox.razorpay.server import run;"
    " run(os.environ, '127.0.0.1', int(sys.argv[1]))"
)
DEADLINE_S = 20.0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"RAZORPAY_KEY_ID": ""}, "RAZORPAY_KEY_ID: missing"),
        ({"RAZORPAY_KEY_SECRET": ""}, "RAZORPAY_KEY_SECRET: missing"),
        ({"RAZORPAY_WEBHOOK_SECRET": ""}, "RAZORPAY_WEBHOOK_SECRET: missing"),
        ({"RAZORPAY_KEY_ID": "rzp_live_abc"}, "a live key was given to the sandbox"),
        ({"RAZORPAY_KEY_ID": "abc"}, "does not start with rzp_test_"),
        ({"RAZORPAY_WEBHOOK_URL": "127.0.0.1:8000"}, "RAZORPAY_WEBHOOK_URL: not an http address"),
        ({"RAZORPAY_SANDBOX_CLOCK_SPEED": "fast"}, "CLOCK_SPEED: not a number"),
        ({"RAZORPAY_SANDBOX_CLOCK_SPEED": "0"}, "CLOCK_SPEED: must be above zero"),
    ],
)
def test_a_bad_setting_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SandboxConfigError, match=named):
        config_from_environ(SETTINGS | change)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(SandboxConfigError, match="RAZORPAY_KEY_SECRET: empty"):
        RazorpaySandboxConfig(key_id=KEYS[0], key_secret="", webhook_secret="w")


def test_settings_are_read(tmp_path: Path) -> None:
    config = config_from_environ(
        SETTINGS
        | {
            "RAZORPAY_SANDBOX_DATA": str(tmp_path / "x"),
            "RAZORPAY_SANDBOX_CLOCK_SPEED": "60",
            "RAZORPAY_WEBHOOK_URL": "http://127.0.0.1:8000/webhooks/razorpay",
        }
    )
    assert (config.data_file, config.clock_speed) == (tmp_path / "x", 60)


@contextmanager
def process(port: int, data: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    environ = os.environ | SETTINGS | {"RAZORPAY_SANDBOX_DATA": str(data)}
    child = subprocess.Popen([sys.executable, "-c", RUN, str(port)], env=environ, cwd=ROOT)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=KEYS, trust_env=False)
    try:
        wait_until_ready(child, client)
        yield child, client
    finally:
        client.close()
        child.kill()
        child.wait()


def wait_until_ready(child: "subprocess.Popen[bytes]", client: httpx.Client) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        assert child.poll() is None, f"the sandbox ended with {child.returncode}"
        try:
            client.get("/v1/orders").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the sandbox did not answer in time")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_killed_sandbox_knows_everything_again(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "razorpay.sqlite"
    key = {"X-Refund-Idempotency": "ord_killed_refund_1"}
    with process(port, data) as (child, client):
        body = {"amount": 10_000, "currency": "INR", "receipt": "ord_killed"}
        order = client.post("/v1/orders", json=body).json()
        paid = client.post(
            "/_control/payments", json={"order_id": order["id"], "outcome": "captured"}
        ).json()
        client.put("/_control/refunds", json={"settle_s": 3_600})
        path = f"/v1/payments/{paid['razorpay_payment_id']}/refund"
        refund = client.post(path, json={"amount": 500}, headers=key).json()
        waiting = client.post("/v1/orders", json=body).json()
        client.post("/_control/payments", json={"order_id": waiting["id"], "outcome": "pending"})
        moved = client.post("/_control/clock", json={"advance_s": 300}).json()["now"]
        child.send_signal(signal.SIGKILL)
        child.wait()

    with process(port, data) as (child, client):
        assert client.get("/_control/clock").json()["now"] >= moved
        found = client.get("/v1/orders", params={"receipt": "ord_killed"}).json()
        assert [one["status"] for one in found["items"]] == ["attempted", "paid"]
        assert client.post(path, json={"amount": 500}, headers=key).json() == refund
        client.post("/_control/clock", json={"advance_s": 3_600})
        assert client.get(f"/v1/refunds/{refund['id']}").json()["status"] == "processed"
        (payment,) = client.get(f"/v1/orders/{waiting['id']}/payments").json()["items"]
        assert payment["error_reason"] == "payment_timed_out"
        child.terminate()
        assert child.wait(timeout=DEADLINE_S) in {0, -signal.SIGTERM}
