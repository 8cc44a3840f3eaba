"""What a run leaves behind: one table for people, one file to keep."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich import box
from rich.table import Table

from workers.bench.figures import Json, Outcome, Verdict

RESULTS = Path("bench/results")
STYLES = {
    Verdict.MET: "green",
    Verdict.MISSED: "bold red",
    Verdict.FAILED: "bold red",
    Verdict.REFERENCE: "dim",
}


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return all rows of all benchmarks, the verdicts as words."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("benchmark", "what", "figure", "beside", "target", "verdict"):
        shown.add_column(name)
    for outcome in outcomes:
        for number, row in enumerate(outcome.rows):
            verdict = f"[{STYLES[row.verdict]}]{row.verdict}[/]"
            first = "" if number else outcome.name
            shown.add_row(first, row.what, row.figure, row.beside, row.target, verdict)
    return shown


def document(outcomes: Sequence[Outcome], facts: Json) -> Json:
    """Return what goes into the result file; `facts` come first."""
    return {
        **facts,
        "results": {
            outcome.name: {
                "verdicts": {
                    row.what: {"figure": row.figure, "target": row.target, "verdict": row.verdict}
                    for row in outcome.rows
                    if row.verdict is not Verdict.REFERENCE
                },
                **outcome.figures,
            }
            for outcome in outcomes
        },
    }


def write(body: Json, *, at: datetime, only: str | None, folder: Path = RESULTS) -> Path:
    """Write a result file named after its UTC date; a run of one benchmark gets a name of its own.

    A second run on the same day replaces the file: its history is the repository's.
    """
    suffix = f"-{only}" if only else ""
    path = folder / f"{at.astimezone(UTC):%Y-%m-%d}{suffix}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    return path
