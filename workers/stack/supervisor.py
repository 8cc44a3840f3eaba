"""Starts services in dependency order, watches them, and stops them in reverse order."""

import asyncio
import contextlib
import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workers.stack.errors import ServiceFailed
from workers.stack.process import ChildProcess
from workers.stack.readiness import wait_until_ended, wait_until_ready
from workers.stack.services import Service

REAPER = Path(__file__).with_name("reaper.py")
# Longer than the 15 s in which a server answers what it has begun.
STOP_GRACE_S = 20.0
WATCH_EVERY_S = 0.2
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
# A child that ran this long was healthy: its next death starts with the shortest backoff.
HEALTHY_AFTER_S = 60.0


class Reporter(Protocol):
    """Whoever shows people what the supervisor does."""

    def ready(self, name: str, seconds: float) -> None:
        """A service became ready."""
        ...

    def died(self, name: str, code: int, log_tail: str) -> None:
        """A service ended by itself."""
        ...

    def restarting(self, name: str, in_s: float) -> None:
        """A service will be started again."""
        ...

    def stopping(self) -> None:
        """The orderly stop begins."""
        ...


@dataclass(kw_only=True, slots=True)
class _Watched:
    service: Service
    child: ChildProcess
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    started_at: float = 0.0
    backoff_s: float = FIRST_BACKOFF_S
    restart_at: float | None = None


class Supervisor:
    """Runs a set of services. Use from the main thread: children die with the thread.

    ``ready_file`` is removed when the supervisor ends, however it ends.
    """

    def __init__(
        self, services: Sequence[Service], reporter: Reporter, *, ready_file: Path
    ) -> None:
        self._watched = {
            service.name: _Watched(service=service, child=ChildProcess(service.spec))
            for service in services
        }
        self._reporter = reporter
        self._ready_file = ready_file
        self._reaper: subprocess.Popen[str] | None = None
        self._given_up = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=2 * len(services) + 1)

    async def start(self) -> None:
        """Start everything; returns when each service is ready.

        Independent services start at the same time. On failure the others are left for
        `stop`, which must be called in any case.

        Raises:
            ServiceFailed: the first service that failed, with the tail of its log.
        """
        self._start_reaper()
        tasks = [asyncio.create_task(self._start_one(each)) for each in self._watched.values()]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            self._given_up.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def watch(self) -> None:
        """Report children that end, restart those that may be; runs until cancelled.

        Raises:
            ServiceFailed: a service ended that is not restarted, such as a database.
        """
        while True:
            for each in self._watched.values():
                self._look_at(each)
            await asyncio.sleep(WATCH_EVERY_S)

    async def stop(self, *, grace_s: float = STOP_GRACE_S) -> None:
        """Stop what runs, dependents before what they depend on. Safe to repeat."""
        self._given_up.set()
        self._reporter.stopping()
        left = {name: each for name, each in self._watched.items() if each.started_at}
        while left:
            needed = {name for each in left.values() for name in each.service.needs}
            leaves = [each for name, each in left.items() if name not in needed]
            await asyncio.gather(*(self._stop_one(each, grace_s) for each in leaves))
            for each in leaves:
                del left[each.service.name]
        self._stop_reaper()
        self._threads.shutdown(wait=False)

    def kill(self) -> None:
        """Kill everything at once."""
        for each in self._watched.values():
            if each.started_at and each.child.exit_code() is None:
                each.child.kill()

    async def _start_one(self, each: _Watched) -> None:
        for name in each.service.needs:
            await self._watched[name].ready.wait()
        self._spawn(each)
        await self._until_ready(each)
        if each.service.one_shot:
            self._tell_reaper(f"-{each.child.pid}")
        self._reporter.ready(each.service.name, time.monotonic() - each.started_at)
        each.ready.set()

    async def _until_ready(self, each: _Watched) -> None:
        wait = wait_until_ended if each.service.one_shot else wait_until_ready
        await self._in_thread(
            functools.partial(
                wait,
                each.child,
                each.service.probe,
                deadline_s=each.service.deadline_s,
                given_up=self._given_up,
                remedy=each.service.remedy,
            )
        )

    def _spawn(self, each: _Watched) -> None:
        each.child.start()
        each.started_at = time.monotonic()
        self._tell_reaper(f"+{each.child.pid}")

    async def _stop_one(self, each: _Watched, grace_s: float) -> None:
        await self._in_thread(functools.partial(each.child.stop, grace_s=grace_s))
        self._tell_reaper(f"-{each.child.pid}")

    def _look_at(self, each: _Watched) -> None:
        if each.service.one_shot or not each.started_at:
            return
        if each.restart_at is not None:
            if time.monotonic() >= each.restart_at:
                each.restart_at = None
                self._spawn(each)
            return
        code = each.child.exit_code()
        if code is not None:
            self._handle_death(each, code)

    def _handle_death(self, each: _Watched, code: int) -> None:
        each.child.kill()  # what it left behind in its group
        self._tell_reaper(f"-{each.child.pid}")
        name, tail = each.service.name, each.child.log_tail()
        self._reporter.died(name, code, tail)
        if not each.service.restart:
            message = f"{name} ended with code {code} and nothing works without it"
            raise ServiceFailed(message)
        now = time.monotonic()
        if now - each.started_at > HEALTHY_AFTER_S:
            each.backoff_s = FIRST_BACKOFF_S
        each.restart_at = now + each.backoff_s
        self._reporter.restarting(name, each.backoff_s)
        each.backoff_s = min(2 * each.backoff_s, LONGEST_BACKOFF_S)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _start_reaper(self) -> None:
        self._reaper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(REAPER), str(self._ready_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def _tell_reaper(self, line: str) -> None:
        if self._reaper is None or self._reaper.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):  # killed by hand; the tether remains
            self._reaper.stdin.write(f"{line}\n")
            self._reaper.stdin.flush()

    def _stop_reaper(self) -> None:
        if self._reaper is not None:
            with contextlib.suppress(BrokenPipeError):
                self._reaper.communicate()
            self._reaper = None
