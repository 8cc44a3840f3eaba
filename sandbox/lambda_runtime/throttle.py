"""A share of a CPU without privileges: a process is stopped and continued in a duty cycle.

Lambda gives 1/1769 of a CPU per MB of memory, by a quota of the kernel. Setting one needs rights
that a build machine does not give, so a thread sends SIGSTOP and SIGCONT in the same rhythm.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Final

PERIOD_S: Final = 0.02
"""The period of Lambda's own quota."""
WHOLE_CPU_MB: Final = 1769


def share_of(memory_mb: int) -> float:
    """Return the share of one CPU that goes with a memory size; never more than one here."""
    return min(1.0, memory_mb / WHOLE_CPU_MB)


@contextlib.contextmanager
def throttled(pid: int, share: float) -> Iterator[None]:
    """Let a process run for `share` of each period while the block runs; it runs on afterwards."""
    if share >= 1:
        yield
        return
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(pid, share, over))
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()


def _beat(pid: int, share: float, over: threading.Event) -> None:
    with contextlib.suppress(ProcessLookupError):
        try:
            while not over.wait(PERIOD_S * share):
                os.kill(pid, signal.SIGSTOP)
                over.wait(PERIOD_S * (1 - share))
                os.kill(pid, signal.SIGCONT)
        finally:
            os.kill(pid, signal.SIGCONT)
