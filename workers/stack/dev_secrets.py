"""Secrets of a development stack: generated once, kept in a file that only its owner reads."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from workers.stack.errors import DataFolderUnusable

MODE = 0o600
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(\S*)")


def _secret() -> str:
    return f"dev-{secrets.token_urlsafe(32)}"


GENERATED: Mapping[str, Callable[[], str]] = {
    "ORDERS_JWT_SECRET": _secret,
    "RAZORPAY_KEY_ID": lambda: f"rzp_test_{secrets.token_hex(7)}",
    "RAZORPAY_KEY_SECRET": _secret,
    "RAZORPAY_WEBHOOK_SECRET": _secret,
    "SHIPROCKET_EMAIL": lambda: "courier-api@shop.example",
    "SHIPROCKET_PASSWORD": _secret,
    "COURIER_WEBHOOK_TOKEN": _secret,
}


def read_dev_secrets(path: Path) -> dict[str, str]:
    """The variables in the file; empty if there is none.

    Raises:
        DataFolderUnusable: a line is no `NAME=value`; names the line.
    """
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            message = f"{path}, line {number} is no NAME=value: mend it, or delete the file"
            raise DataFolderUnusable(message)
        found[match[1]] = match[2]
    return found


def ensure_dev_secrets(path: Path) -> dict[str, str]:
    """Read the file, adding what is missing. Afterwards its mode is 600 in any case."""
    known = read_dev_secrets(path)
    missing = {name: make() for name, make in GENERATED.items() if not known.get(name)}
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, MODE)
    with os.fdopen(handle, "a") as file:
        os.fchmod(handle, MODE)
        if not known:
            file.write("# Generated for development; not valid anywhere else.\n")
        file.writelines(f"{name}={value}\n" for name, value in missing.items())
    return known | missing
