"""What is true of a stack while it runs; none of these tests changes it."""

import stat
import subprocess
import sys
from pathlib import Path

import httpx
import jwt
from pymongo import MongoClient

from tests.workers.stack.stacks import ROOT, Stack, clean_environment, ready_stack, refused


def orders(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments, "--data", str(stack.data)],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_addresses_are_published_and_answer(stack: Stack) -> None:
    addresses = stack.addresses()
    assert addresses.keys() == {
        "api", "tracking", "temporal", "temporal_ui", "mongodb", "redis", "aws",
        "razorpay_sandbox", "courier_sandbox", "mail",
    }  # fmt: skip
    pages = {
        "temporal_ui": "/",
        "aws": "/_ministack/health",
        "razorpay_sandbox": "/_control/state",
        "courier_sandbox": "/_control/state",
        "mail": "/",
    }
    for name, path in pages.items():
        assert httpx.get(addresses[name] + path, timeout=10).status_code == 200, name


def test_everything_listens_on_loopback_only(stack: Stack) -> None:
    hosts = {
        connection.laddr.ip
        for process in stack.family()
        for connection in process.net_connections(kind="inet")
        if connection.status == "LISTEN"
    }
    assert hosts == {"127.0.0.1"}


def test_only_the_owner_reads_the_secrets(stack: Stack) -> None:
    secrets = stack.data / "dev.env"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    values = [line.partition("=")[2] for line in secrets.read_text().splitlines()[1:]]
    assert not [value for value in values if value in stack.said()]


def test_a_token_is_signed_with_the_secret_of_the_stack(stack: Stack) -> None:
    lines = (stack.data / "dev.env").read_text().splitlines()[1:]
    secret = dict(line.split("=", 1) for line in lines)["ORDERS_JWT_SECRET"]
    token = orders(stack, "token", "--customer", "cust_1", "--scope", "ops")
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience="retail-orders")
    assert (claims["sub"], claims["scope"], claims["iss"]) == ("cust_1", "ops", "retail-orders")


def test_a_second_stack_on_the_same_folder_is_refused(stack: Stack) -> None:
    text = refused(stack.data, "--free-ports")
    assert f"in use by another stack (process {stack.process.pid})" in text
    assert "--data" in text
    assert stack.is_ready(), "the first one's stack.json must stay"


def test_two_stacks_run_side_by_side(stack: Stack, data: Path) -> None:
    with ready_stack(data) as other:
        first, second = stack.addresses(), other.addresses()
        assert not [name for name in first if first[name] == second[name]]
        with MongoClient[dict[str, str]](first["mongodb"]) as client:
            client["side_by_side"]["orders"].insert_one({"of": "the first"})
        with MongoClient[dict[str, str]](second["mongodb"]) as client:
            assert client["side_by_side"]["orders"].find_one() is None
        assert other.end() == 0
    assert stack.is_ready()
