"""Processes under measurement: started for a benchmark, seen through the kernel, then killed."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.bench.bed import BenchFailed

START_WITHIN_S = 30.0
KIB = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A running server process."""

    pid: int
    port: int

    def resident_kib(self) -> float:
        """Return its resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return float(line.split()[1])
        message = f"the kernel tells nothing of process {self.pid}"
        raise BenchFailed(message)

    def cpu_s(self) -> float:
        """Return the processor time it has used: what other work there is does not show in it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def served(
    *arguments: str, port: int, environment: Mapping[str, str]
) -> AsyncIterator[Served]:
    """Run `python -m …` while the block runs; it takes connections on entry.

    Raises:
        BenchFailed: it does not.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=dict(environment), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _takes_connections(port, " ".join(arguments))
        yield Served(pid=child.pid, port=port)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _takes_connections(port: int, name: str) -> None:
    try:
        async with asyncio.timeout(START_WITHIN_S):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        message = f"{name} does not take connections on port {port}"
        raise BenchFailed(message) from None
