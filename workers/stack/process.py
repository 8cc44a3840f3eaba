"""A child process with a log file of its own, in its own process group."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
LOG_TAIL_BYTES = 65_536
LONGEST_LINE = 400
# The stack trace of a dying mongod, one line per frame, pushes the reason out of sight.
NOISE = ('"msg":"Frame"', '"msg":"BACKTRACE"')


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessSpec:
    """What to run. ``env`` is the whole environment of the child, nothing is inherited."""

    name: str
    argv: tuple[str, ...]
    log_path: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path | None = None


class ChildProcess:
    """One running command. It is killed when the thread that called ``start`` ends.

    Start it from the main thread: Linux delivers the parent-death signal at the death of the
    thread that forked, not of the process.
    """

    def __init__(self, spec: ProcessSpec) -> None:
        """Describe the child; nothing runs before ``start``."""
        self.spec = spec
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The child's name in logs and errors."""
        return self.spec.name

    @property
    def pid(self) -> int:
        """Process id and, as the child leads its group, process group id."""
        if self._popen is None:
            message = f"{self.name} has not been started"
            raise RuntimeError(message)
        return self._popen.pid

    def start(self) -> None:
        """Start the command; its output is appended to the log file."""
        self.spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        tethered = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *self.spec.argv]
        with self.spec.log_path.open("ab") as log:
            log.write(f"--- {shlex.join(self.spec.argv)}\n".encode())
            log.flush()
            self._popen = subprocess.Popen(
                tethered,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.spec.env),
                cwd=self.spec.cwd,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops in order
            )

    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; ``None`` while it runs."""
        return None if self._popen is None else self._popen.poll()

    def terminate(self) -> None:
        """Ask the whole group to end (SIGTERM). Safe to repeat and after the end."""
        self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group at once (SIGKILL), also what a child left behind that just died."""
        self._signal_group(signal.SIGKILL)

    def stop(self, *, grace_s: float) -> None:
        """Terminate, wait up to ``grace_s`` seconds, then kill. Blocks until it is gone."""
        if self._popen is None or self.exit_code() is not None:
            return  # its process id may be somebody else's by now
        self.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace_s)
        self.kill()
        self._popen.wait()

    def log_tail(self, lines: int = 15) -> str:
        """The last lines that the child wrote."""
        return log_tail(self.spec.log_path, lines)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, number)


def log_tail(path: Path, lines: int = 15) -> str:
    """The last ``lines`` lines of a file, or an empty text if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(0, os.SEEK_END)
        log.seek(max(0, log.tell() - LOG_TAIL_BYTES))
        text = log.read().decode(errors="replace")
    telling = [line for line in text.splitlines() if not any(each in line for each in NOISE)]
    return "\n".join(_shortened(line) for line in telling[-lines:])


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …"
