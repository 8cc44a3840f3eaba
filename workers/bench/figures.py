"""Samples and what is said of them: percentiles, spread, a row of the table, a verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Verdict(StrEnum):
    """What a figure says of its target."""

    MET = "met"
    MISSED = "missed"
    REFERENCE = "for reference"
    FAILED = "not measured"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table; all texts are for people."""

    what: str
    figure: str
    beside: str = ""
    target: str = ""
    verdict: Verdict = Verdict.REFERENCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one benchmark found: lines for the table, figures for the result file."""

    name: str
    rows: tuple[Row, ...]
    figures: Json = field(default_factory=dict)


def not_measured(name: str, reason: str) -> Outcome:
    """Return what stands for a benchmark that could not be run to its end."""
    row = Row(what="the whole benchmark", figure=reason, verdict=Verdict.FAILED)
    return Outcome(name=name, rows=(row,))


def at_most(value: float, limit: float) -> Verdict:
    """Judge a figure that should be small; the limit itself is met."""
    return Verdict.MET if value <= limit else Verdict.MISSED


def at_least(value: float, limit: float) -> Verdict:
    """Judge a figure that should be large; the limit itself is met."""
    return Verdict.MET if value >= limit else Verdict.MISSED


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least `share` (0 < share <= 1) of them do not exceed.

    Nearest rank, so the figure is one that was really measured.

    Raises:
        ValueError: there are no samples, or the share is not within its limits.
    """
    if not samples:
        message = "no samples: a percentile needs at least one"
        raise ValueError(message)
    if not 0 < share <= 1:
        message = f"share must be above 0 and at most 1, not {share}"
        raise ValueError(message)
    # Rounded first: 0.07 * 100 is a hair above 7 and must not become rank 8.
    rank = math.ceil(round(share * len(samples), 9))
    return sorted(samples)[rank - 1]


def spread(samples: Sequence[float], digits: int = 2) -> Json:
    """Return count, least, median, p90, p99 and greatest of the samples, in their own unit.

    Raises:
        ValueError: there are no samples.
    """
    shares = {"min": 0.0, "p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    figures = {
        name: round(percentile(samples, share) if share else min(samples), digits)
        for name, share in shares.items()
    }
    return {"samples": len(samples), **figures}
