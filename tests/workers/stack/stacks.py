"""Drive `orders up` as people do: a process, its output, signals."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.services import eventually

ROOT = Path(__file__).resolve().parents[3]
READY_WITHIN_S = 40.0
GONE_WITHIN_S = 10.0
# What a person's shell may hold and a test must not inherit.
SERVICE_SETTINGS = (
    "ORDERS_", "RAZORPAY_", "SHIPROCKET_", "COURIER_", "TEMPORAL_", "MONGODB_", "REDIS_",
    "AWS_ENDPOINT_URL", "SMTP_",
)  # fmt: skip


def clean_environment(**variables: str) -> dict[str, str]:
    """The environment without any setting of ours, plus ``variables``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SERVICE_SETTINGS)}
    return kept | variables


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running `orders up`."""

    process: subprocess.Popen[bytes]
    data: Path
    output: Path

    def addresses(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data / "stack.json").read_text())
        return found

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            message = f"ended with {self.process.returncode}:\n{self.said()}"
            raise AssertionError(message)
        return (self.data / "stack.json").exists()

    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """The supervisor and every process below it, grandchildren and reaper included."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def child(self, name: str) -> psutil.Process:
        """The direct child whose command holds ``name``."""
        return next(each for each in self.family()[1:] if name in " ".join(each.cmdline()))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(READY_WITHIN_S)


def command(data: Path, *more: str) -> list[str]:
    up = (sys.executable, "-m", "workers.cli", "up", "--services-only")
    return [*up, "--data", str(data), *more]


@contextlib.contextmanager
def starting_stack(data: Path, *more: str, env: Mapping[str, str] | None = None) -> Iterator[Stack]:
    """`orders up --services-only --free-ports` while the block runs, perhaps not ready yet."""
    output = data.with_suffix(".out")
    with output.open("wb") as file:
        process = subprocess.Popen(
            command(data, "--free-ports", *more),
            cwd=ROOT,
            env=dict(env or clean_environment()),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Stack(process=process, data=data, output=output)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextlib.contextmanager
def ready_stack(data: Path, *more: str) -> Iterator[Stack]:
    """A stack of services that is ready."""
    with starting_stack(data, *more) as stack:
        eventually(stack.is_ready, within_s=READY_WITHIN_S)
        yield stack


def all_gone(family: list[psutil.Process]) -> bool:
    return not [each for each in family if _is_alive(each)]


def refused(data: Path, *more: str, **variables: str) -> str:
    """What `orders up` says when it does not start."""
    done = subprocess.run(
        command(data, *more),
        cwd=ROOT,
        env=clean_environment(**variables),
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a short path: error texts then stand on few lines."""
    path = Path(tempfile.mkdtemp(prefix="orders-stack-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False
