"""Kill the process groups of a stack whose supervisor has died.

Reads ``+PGID`` and ``-PGID`` lines from standard input. When the other end closes, by an orderly
end or by `kill -9`, every group that is still on the list is killed, grandchildren included,
which the parent-death signal of the children alone would not reach. Then the files given as
arguments are removed: they say that the stack is ready. Standard library only.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path


def main(lines: Iterable[str], files: Iterable[str]) -> None:
    """Keep the list up to date until the lines end, then kill what is on it, and tidy."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for file in files:
        Path(file).unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.stdin, sys.argv[1:])
