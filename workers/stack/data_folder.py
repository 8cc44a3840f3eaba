"""The folder of one stack: ours, undamaged, and used by one stack at a time."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.stack.errors import DataFolderUnusable

MARKER = "retail-orders.json"
FORMAT = 1
LOCK = "stack.lock"
ADDRESSES = "stack.json"
SECRETS = "dev.env"
# What may stand in a folder before its first stack ran.
HARMLESS = frozenset({SECRETS, LOCK, "logs", ".gitignore"})


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFolder:
    """Paths of one stack."""

    root: Path

    @property
    def addresses_file(self) -> Path:
        """`stack.json`: there while the stack is ready."""
        return self.root / ADDRESSES

    @property
    def secrets_file(self) -> Path:
        """`dev.env`: generated secrets."""
        return self.root / SECRETS

    def publish_addresses(self, addresses: Mapping[str, str]) -> None:
        """Write `stack.json` so that nobody ever reads half of it."""
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".stack-", suffix=".json")
        with os.fdopen(handle, "w") as file:
            json.dump(dict(addresses), file, indent=2)
            file.write("\n")
        Path(name).chmod(0o644)
        Path(name).replace(self.addresses_file)

    def withdraw_addresses(self) -> None:
        """Remove `stack.json`. Safe to repeat."""
        self.addresses_file.unlink(missing_ok=True)

    def addresses(self) -> dict[str, str]:
        """What `stack.json` says; empty if no stack is ready.

        Raises:
            DataFolderUnusable: the file is damaged.
        """
        try:
            found: dict[str, str] = json.loads(self.addresses_file.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            message = f"{self.addresses_file} is damaged: delete it and start the stack again"
            raise DataFolderUnusable(message) from error
        return found


@contextlib.contextmanager
def claimed(root: Path) -> Iterator[DataFolder]:
    """Take the folder for one stack while the block runs, creating it if missing.

    The claim is a kernel lock, so a killed stack never leaves it behind.

    Raises:
        DataFolderUnusable: not a folder, not writable, not ours, damaged, or taken.
    """
    _create(root)
    with (root / LOCK).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            message = (
                f"{root} is in use by another stack (process {owner}): "
                "stop that one, or give another folder with --data"
            )
            raise DataFolderUnusable(message) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _check_marker(root)
        folder = DataFolder(root=root)
        folder.withdraw_addresses()  # of a stack that was killed
        try:
            yield folder
        finally:
            folder.withdraw_addresses()


def _create(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except (FileExistsError, NotADirectoryError) as error:
        message = f"{root} is not a folder: give a folder with --data"
        raise DataFolderUnusable(message) from error
    except OSError as error:
        message = f"{root} cannot be written ({error.strerror}): give another folder with --data"
        raise DataFolderUnusable(message) from error


def _check_marker(root: Path) -> None:
    marker = root / MARKER
    if not marker.exists():
        _refuse_foreign(root)
        marker.write_text(json.dumps({"product": "retail-orders", "format": FORMAT}) + "\n")
        return
    found = _read_marker(marker)
    if found.get("product") != "retail-orders" or found.get("format") != FORMAT:
        message = (
            f"{root} was written by another version (format {found.get('format')!r}, "
            f"this one writes {FORMAT}): give another folder with --data"
        )
        raise DataFolderUnusable(message)


def _read_marker(marker: Path) -> dict[str, Any]:
    try:
        found = json.loads(marker.read_text())
    except (ValueError, OSError):
        found = None
    if not isinstance(found, dict):
        message = (
            f"{marker} is damaged, and so perhaps the data beside it: move the folder away, "
            "or give another one with --data"
        )
        raise DataFolderUnusable(message)
    return found


def _refuse_foreign(root: Path) -> None:
    foreign = sorted(each.name for each in root.iterdir() if each.name not in HARMLESS)
    if foreign:
        message = (
            f"{root} holds files that are not ours ({', '.join(foreign[:5])}): "
            "give an empty or a new folder with --data"
        )
        raise DataFolderUnusable(message)
