"""docker-compose.yml as the tests read it: merged, interpolated, split into ours and others'."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")

Service = dict[str, Any]


def load() -> dict[str, Any]:
    """Returns the file with its defaults in place of variables."""
    text = VARIABLE.sub(lambda match: match[2], FILE.read_text(encoding="utf-8"))
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def services() -> dict[str, Service]:
    """Returns every service by name."""
    found: dict[str, Service] = load()["services"]
    return found


def ours() -> dict[str, Service]:
    """Returns the services that run our own image."""
    return {name: each for name, each in services().items() if "build" in each}


def others() -> dict[str, Service]:
    """Returns the backing services."""
    return {name: each for name, each in services().items() if "build" not in each}


def arguments(service: Service) -> list[str]:
    """Returns what follows `orders` in the command of one of our services."""
    program, *rest = service["command"]
    assert program == "orders"
    return [str(each) for each in rest]


def runs_once(service: Service) -> bool:
    """Tells whether a service ends when its work is done."""
    return bool(service.get("restart") == "on-failure")
