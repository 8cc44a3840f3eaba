"""A sandbox on a free port, in a thread of the test process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from tests.services import eventually
from workers.stack.ports import LOOPBACK, free_port


@contextmanager
def serving(build: Callable[[], ASGIApp]) -> Iterator[str]:
    """Serve an application, built inside its own event loop, while the block runs."""
    port = free_port()
    config = uvicorn.Config(
        build,
        factory=True, host=LOOPBACK, port=port, log_level="error", access_log=False, ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name=f"sandbox-{port}", daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, why="the sandbox did not start")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Controls:
    """The ``/_control`` surface of a sandbox."""

    url: str

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def faults(self, only: str = "*", limit: int | None = 1, **kinds: float) -> None:
        """Let the next call that fits ``only`` ("METHOD /path") meet a fault."""
        http = {"only": only, "limit": limit, **kinds}
        self.put("faults", {"http": {name: v for name, v in http.items() if v is not None}})

    def clear_faults(self) -> None:
        self.delete("faults")

    def requests(self, method: str | None = None, path: str | None = None) -> list[dict[str, Any]]:
        """Return the recorded calls."""
        query = {name: v for name, v in (("method", method), ("path", path)) if v is not None}
        answer = _http().get(f"{self.url}/_control/requests", params=query)
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return items

    def state(self) -> Any:
        return self._ask("GET", "state")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.url}/_control/{path}"
        answer = _http().request(method, url, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


@cache
def _http() -> httpx.Client:
    # One for all: each new client reads the certificates of the machine, which takes longer.
    return httpx.Client(trust_env=False)
