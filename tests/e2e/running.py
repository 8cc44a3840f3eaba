"""`orders up` as a process of its own, for tests that drive the whole system from outside."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.services import eventually
from tests.workers.stack.stacks import ROOT, all_gone, clean_environment

READY_WITHIN_S = 90.0
STOPPED_WITHIN_S = 60.0
GONE_WITHIN_S = 10.0


@dataclass(frozen=True, kw_only=True)
class UpProcess:
    """A started `orders up`, perhaps not ready yet."""

    process: subprocess.Popen[bytes]
    data: Path
    output: Path

    def wait_until_ready(self) -> None:
        """Return once `stack.json` is there; fail with what the command said otherwise."""
        until = time.monotonic() + READY_WITHIN_S
        while not (self.data / "stack.json").exists():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < until, f"not ready:\n{self.output.read_text()}"
            time.sleep(0.05)

    def addresses(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data / "stack.json").read_text())
        return found

    def family(self) -> list[psutil.Process]:
        """The command and every process below it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def stop(self) -> None:
        """End it in order."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOPPED_WITHIN_S)
                return
            self.process.kill()
            self.process.wait(GONE_WITHIN_S)

    def kill(self) -> list[psutil.Process]:
        """`kill -9` the command; return the processes that were there."""
        family = self.family()
        self.process.kill()
        self.process.wait(GONE_WITHIN_S)
        return family


@contextlib.contextmanager
def orders_up(data: Path, settings: Mapping[str, str]) -> Iterator[UpProcess]:
    """Run `orders up --free-ports --data` while the block runs; it is ready on entry."""
    output = data.with_suffix(".out")
    with output.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "up", "--free-ports", "--data", str(data)],
            cwd=ROOT,
            env=clean_environment(**settings),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    up = UpProcess(process=process, data=data, output=output)
    try:
        up.wait_until_ready()
        yield up
    finally:
        up.stop()


@contextlib.contextmanager
def data_folder(name: str) -> Iterator[Path]:
    """A data folder that does not exist yet, removed afterwards with its output."""
    parent = Path(tempfile.mkdtemp(prefix=f"orders-e2e-{name}-"))
    try:
        yield parent / "data"
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def assert_gone(family: list[psutil.Process]) -> None:
    """No process of a killed stack may go on."""
    eventually(lambda: all_gone(family), within_s=GONE_WITHIN_S, why="a process outlived its stack")
