"""Reads what MongoDB says of how it answers a query."""

from collections.abc import Mapping
from typing import Any


def stages(plan: Mapping[str, Any]) -> set[str]:
    """Return the name of every stage of the winning plan."""
    found: set[str] = set()
    waiting: list[Any] = [plan["queryPlanner"]["winningPlan"]]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            found.update([part["stage"]] if "stage" in part else [])
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found
