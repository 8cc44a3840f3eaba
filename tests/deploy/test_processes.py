"""Every process of ours, started with exactly the command and environment of docker-compose.yml.

Only what containers give and this machine does not is put in place: the names of hosts, the
volume, and ports of their own, so that two runs do not meet.
"""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.deploy.compose import Service, arguments, ours, runs_once
from tests.services import (
    eventually,
    running_on_free_port,
    running_smtp_sink,
    running_temporal,
    temporary_folder,
)
from workers.stack import services
from workers.stack.ports import LOOPBACK, free_ports
from workers.stack.process import ChildProcess, ProcessSpec
from workers.stack.readiness import nothing_to_ask, wait_until_ended

BIN = Path(sys.executable).parent
ASKED_PORT = re.compile(r"127\.0\.0\.1:(\d+)")
# uvicorn closes its connections on SIGTERM and then lets the signal end the process.
GOOD_ENDS = {
    "api": {0, -signal.SIGTERM},
    "tracking": {0, -signal.SIGTERM},
    "sandbox": {0, -signal.SIGTERM},
    "worker": {0},
    "consumer": {0},
}
SERVER_PORTS = ("8000", "8001", "8002", "8003")
STARTED_WITHIN_S = 60.0
DELIVERED_WITHIN_S = 30.0
STOPPED_WITHIN_S = 30.0  # stop_grace_period of the file
ADDRESS = {
    "name": "Asha Rao",
    "phone": "+919876543210",
    "line1": "12 MG Road",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What stands in for the network and the volumes of the containers."""

    names: Mapping[str, str]
    folder: Path

    def place(self, text: str) -> str:
        """Returns a value of the file with addresses and folders of this machine."""
        longest_first = sorted(self.names, key=len, reverse=True)
        names = re.compile("|".join(re.escape(name) for name in longest_first))
        return names.sub(lambda found: self.names[found[0]], text)

    def environment(self, service: Service) -> dict[str, str]:
        """Returns what the container of a service would see, and nothing inherited."""
        given = {name: self.place(str(value)) for name, value in service["environment"].items()}
        return {**given, "PATH": f"{BIN}{os.pathsep}/usr/bin", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One started service of the file."""

    name: str
    service: Service
    child: ChildProcess
    machine: Machine

    def is_healthy(self) -> bool:
        """Runs the health check of the file."""
        assert self.child.exit_code() is None, f"{self.name} ended:\n{self.child.log_tail(40)}"
        words = self.service["healthcheck"]["test"]
        _, program, *rest = (self.machine.place(word) for word in words)
        if not is_listening(int(ASKED_PORT.findall(rest[-1])[0])):
            return False
        check = [str(BIN / program), *rest]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0


def is_listening(port: int) -> bool:
    """Tells whether asking is worth a new interpreter; there are many to ask."""
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0


def machine_for(service: Service, base: Machine, health_port: int) -> Machine:
    """Gives a process a health port of its own, as each container has."""
    health = {"8080": str(health_port)} if "healthcheck" in service else {}
    return Machine(names={**base.names, **health}, folder=base.folder)


def started(name: str, service: Service, machine: Machine) -> Process:
    spec = ProcessSpec(
        name=name,
        argv=(str(BIN / "orders"), *arguments(service)),
        log_path=machine.folder / f"{name}.log",
        env=machine.environment(service),
        cwd=machine.folder,
    )
    child = ChildProcess(spec)
    child.start()
    return Process(name=name, service=service, child=child, machine=machine)


def has_ended(process: Process) -> None:
    wait_until_ended(process.child, nothing_to_ask, deadline_s=STARTED_WITHIN_S)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with contextlib.ExitStack() as stack:
        mongodb = stack.enter_context(running_on_free_port("mongodb", services.mongodb))
        redis = stack.enter_context(running_on_free_port("redis", services.redis))
        aws = stack.enter_context(running_on_free_port("aws", services.ministack))
        temporal = stack.enter_context(running_temporal())
        mail = stack.enter_context(running_smtp_sink())
        folder = stack.enter_context(temporary_folder("compose")).root
        ports = dict(zip(SERVER_PORTS, map(str, free_ports(len(SERVER_PORTS))), strict=True))
        hosts = ("api", "tracking", "razorpay-sandbox", "courier-sandbox")
        yield Machine(
            names={
                "mongodb://mongodb:27017/?replicaSet=rs0": services.mongodb_url(mongodb),
                "redis://redis:6379/0": services.redis_url(redis),
                "http://aws:4566": services.aws_url(aws),
                "temporal:7233": temporal.address,
                "smtp://mail:1025": mail.url,
                **{f"//{host}:": f"//{LOOPBACK}:" for host in hosts},
                **ports,
                "0.0.0.0": LOOPBACK,  # noqa: S104 - what is replaced
                "/data/": f"{folder}/",
            },
            folder=folder,
        )


@pytest.fixture(scope="module")
def processes(machine: Machine) -> Iterator[dict[str, Process]]:
    """All of them, healthy; one-shots have ended before what waits for them starts."""
    found: dict[str, Process] = {}
    try:
        found["provision"] = started("provision", ours()["provision"], machine)
        has_ended(found["provision"])
        found["seed"] = started("seed", ours()["seed"], machine)
        running = {name: each for name, each in ours().items() if not runs_once(each)}
        for port, (name, service) in zip(free_ports(len(running)), running.items(), strict=True):
            found[name] = started(name, service, machine_for(service, machine, port))
        has_ended(found["seed"])
        for name in running:
            eventually(found[name].is_healthy, within_s=STARTED_WITHIN_S, why=name)
        yield found
    finally:
        for process in found.values():
            process.child.terminate()
        for process in found.values():
            process.child.stop(grace_s=STOPPED_WITHIN_S)


def token(process: Process, customer: str) -> str:
    """A bearer token, minted with the environment of the API's container."""
    done = subprocess.run(
        [str(BIN / "orders"), "token", "--customer", customer],
        env=dict(process.child.spec.env),
        cwd=process.machine.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def order_body(client: httpx.Client) -> dict[str, Any]:
    products = client.get("/products").raise_for_status().json()
    listed = products if isinstance(products, list) else products["products"]
    sku = next(each["sku"] for each in listed if each["available"] > 0)
    return {
        "items": [{"sku": sku, "quantity": 1}],
        "customer": {"name": "Asha Rao", "email": "asha@shop.example", "phone": "+919876543210"},
        "shipping_address": ADDRESS,
        "payment_method": "cod",
        "coupon": None,
    }


def test_the_processes_of_the_file_deliver_an_order(processes: dict[str, Process]) -> None:
    api, courier = processes["api"], processes["courier-sandbox"]
    httpx.put(
        courier.machine.place("http://127.0.0.1:8003/_control/script"),
        json={"script": "happy", "step_s": 0.05},
    ).raise_for_status()
    bearer = {"Authorization": f"Bearer {token(api, f'customer-{secrets.token_hex(4)}')}"}
    with httpx.Client(
        base_url=api.machine.place("http://127.0.0.1:8000"), headers=bearer
    ) as client:
        key = {"Idempotency-Key": secrets.token_hex(8)}
        placed = client.post("/orders", json=order_body(client), headers=key, timeout=30)
        assert placed.status_code == httpx.codes.CREATED, placed.text
        order = f"/orders/{placed.json()['order_id']}"

        def delivered() -> bool:
            answer = client.get(order)
            return answer.is_success and answer.json()["status"] in {"delivered", "completed"}

        eventually(delivered, within_s=DELIVERED_WITHIN_S, why=f"for {order}")


def test_each_process_ends_well_when_it_is_told_to(processes: dict[str, Process]) -> None:
    running = [each for each in processes.values() if not runs_once(each.service)]
    for process in running:
        process.child.terminate()

    def all_have_ended() -> bool:
        return all(each.child.exit_code() is not None for each in running)

    eventually(all_have_ended, within_s=STOPPED_WITHIN_S, why="for the processes to end")
    badly = {
        each.name: each.child.exit_code()
        for each in running
        if each.child.exit_code() not in GOOD_ENDS[arguments(each.service)[0]]
    }
    assert badly == {}
