"""Run a command that dies with the process that started it, even on ``kill -9``.

Started as ``python -I -S tether.py PARENT_PID COMMAND…``: asks the kernel for SIGKILL at the
parent's death, then becomes the command. The request survives ``exec`` but not ``fork``, so
grandchildren are the business of ``reaper.py``. Standard library only, no package imports:
it runs before every child of the stack and has to be quick.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent_pid: int, command: list[str]) -> None:
    """Tie this process to ``parent_pid`` and replace it by ``command``."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # the parent died before the request was in place
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - its whole purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
