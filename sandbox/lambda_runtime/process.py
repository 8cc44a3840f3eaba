"""A function in a process of its own, run by AWS's runtime interface client."""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.lambda_runtime.runtime_api import Invocation, RuntimeApi
from sandbox.lambda_runtime.throttle import throttled

RUNTIME_PACKAGES: Final = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")
INIT_WITHIN_S: Final = 10.0
"""As on Lambda."""
POLL_S: Final = 0.002
FLAGS: Final = ("-I", "-S", "-B")
"""Neither this project nor its virtual environment may be seen by the function, and it keeps no
bytecode that was not sent: on Lambda the task's folder cannot be written."""
START: Final = """
import sys
sys.path[:0] = sys.argv[2].split(":")
from awslambdaric.__main__ import main
main(sys.argv[:2])
"""


class FunctionError(Exception):
    """The function answered with an error; `kind` is the class of what it raised."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(f"{error.get('errorType')}: {error.get('errorMessage')}")
        self.kind = str(error.get("errorType"))


class FunctionTimedOut(Exception):
    """The function did not answer in time and was killed, as Lambda does."""


class FunctionCrashed(Exception):
    """The function's process ended in the middle of an invocation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionSettings:
    """How a function is run.

    Attributes:
        task: the folder with its code, an unpacked zip.
        handler: such as `lambdas.razorpay_webhook.handle`.
        environment: its variables; nothing else of this process reaches it.
        timeout_s: after which an invocation is ended by killing the process.
        cpu_share: of one CPU, while it is invoked; it initialises at full speed, as on Lambda.
        init_within_s: after which a function that has not initialised is ended.
        third_party: further folders to import from, for comparisons.
    """

    task: Path
    handler: str
    environment: Mapping[str, str]
    timeout_s: float = 10.0
    cpu_share: float = 1.0
    init_within_s: float = INIT_WITHIN_S
    third_party: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An answer and what it took.

    Attributes:
        since_spawn_s: from starting the process to this answer; its first one is a cold start.
        init_s: from starting the process until the function asked for work.
        took_s: from the event to the answer.
    """

    payload: Any
    since_spawn_s: float
    init_s: float
    took_s: float


class FunctionProcess:
    """One sandbox of a function: started when invoked, used again, started anew after a death.

    Not for two threads at once, as a sandbox of Lambda takes one event at a time.
    """

    def __init__(self, settings: FunctionSettings) -> None:
        """Start nothing yet."""
        self._settings = settings
        self._api: RuntimeApi | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._spawned_at = 0.0
        self._init_s = 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="orders-function-")
        self.log = Path(self._folder.name) / "log"
        self.starts = 0

    def __enter__(self) -> "FunctionProcess":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.kill()
        self._folder.cleanup()

    @property
    def pid(self) -> int | None:
        """Return the id of the process that runs now."""
        return self._process.pid if self._process else None

    def invoke(self, event: object) -> Answered:
        """Hand one event to the function and return its answer.

        Raises:
            FunctionError: it raised, or it could not be loaded.
            FunctionTimedOut: it took longer than its time.
            FunctionCrashed: its process ended.
        """
        api = self._running()
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = api.put(body, within_s=self._settings.timeout_s)
        offered_at = time.monotonic()
        with throttled(self._pid(), self._settings.cpu_share):
            self._await(invocation)
        if invocation.error is not None:
            raise FunctionError(invocation.error)
        return Answered(
            payload=json.loads(invocation.response or b"null"),
            since_spawn_s=invocation.answered_at - self._spawned_at,
            init_s=self._init_s,
            took_s=invocation.answered_at - offered_at,
        )

    def start(self) -> None:
        """Start the process and wait until it has initialised.

        Raises:
            FunctionError: it could not be loaded.
            FunctionTimedOut: it took longer than Lambda allows.
            FunctionCrashed: its process ended.
        """
        self.kill()
        self._api = RuntimeApi()
        self._spawned_at = time.monotonic()
        self._process = self._spawn(self._api.address)
        self.starts += 1
        self._await_init(self._api)

    def kill(self) -> None:
        """End the process at once, wherever it is."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None
        if self._api is not None:
            self._api.close()
            self._api = None

    def _running(self) -> RuntimeApi:
        if self._api is None or self._process is None or self._process.poll() is not None:
            self.start()
        assert self._api is not None  # noqa: S101 - start() has just made it
        return self._api

    def _pid(self) -> int:
        assert self._process is not None  # noqa: S101 - only asked of a running process
        return self._process.pid

    def _spawn(self, address: str) -> subprocess.Popen[bytes]:
        settings = self._settings
        env = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(settings.task),
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": settings.handler,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            **settings.environment,
        }
        runtime = runtime_folder(Path(self._folder.name))
        folders = ":".join(map(str, (settings.task, *settings.third_party, runtime)))
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *FLAGS, "-c", START, settings.handler, folders],
                cwd=settings.task,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _await_init(self, api: RuntimeApi) -> None:
        until = self._spawned_at + self._settings.init_within_s
        while not api.idle.wait(POLL_S * 5):
            self._check_alive()
            if time.monotonic() > until:
                self.kill()
                message = f"no sign of life within {self._settings.init_within_s:g} s"
                raise FunctionTimedOut(message)
        if api.init_error is not None:
            error = api.init_error
            self.kill()
            raise FunctionError(error)
        self._init_s = api.idle_at - self._spawned_at

    def _await(self, invocation: Invocation) -> None:
        while not invocation.answered.wait(POLL_S):
            self._check_alive()
            if time.time() > invocation.deadline:
                self.kill()
                message = f"no answer within {self._settings.timeout_s:g} s"
                raise FunctionTimedOut(message)

    def _check_alive(self) -> None:
        code = self._process.poll() if self._process else 0
        if code is not None:
            self.kill()
            message = f"the process ended with {code}: {self.log.read_text()[-2000:]}"
            raise FunctionCrashed(message)


def runtime_folder(parent: Path) -> Path:
    """Return a folder with nothing but the runtime client, as on Lambda: `/var/runtime`.

    Raises:
        FileNotFoundError: the client is not installed.
    """
    folder = parent / "runtime"
    if not folder.exists():
        spec = importlib.util.find_spec("awslambdaric")
        if spec is None or spec.origin is None:
            message = "awslambdaric is not installed: it is in requirements/dev.txt"
            raise FileNotFoundError(message)
        folder.mkdir()
        packages = Path(spec.origin).parents[1]
        for path in packages.iterdir():
            if path.name.split(".")[0] in RUNTIME_PACKAGES:
                (folder / path.name).symlink_to(path)
    return folder
