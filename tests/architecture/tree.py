"""The source tree as the architecture tests see it."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "domain",
    "workflows",
    "activities",
    "adapters",
    "consumers",
    "tracking",
    "api",
    "workers",
    "lambdas",
    "sandbox",
)


def settings() -> dict[str, Any]:
    """Returns pyproject.toml as a dictionary."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def modules(*packages: str) -> Iterator[Path]:
    """Yields each Python file of the named packages, of all of ours without a name."""
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def parse(path: Path) -> ast.Module:
    """Returns the syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def shown(path: Path) -> str:
    """Returns the path as a reader of the failure wants it: relative to the root."""
    return path.relative_to(ROOT).as_posix()
