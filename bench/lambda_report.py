"""What a comparison of cold starts says: the table, what each lever is worth, the targets.

`python -m bench.lambda_report RESULT.json` prints the table as Markdown, for the study.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.table import Table

from lambdas.functions import RECEIVER_MODULES, RECEIVER_ZIP_BYTES
from sandbox.lambda_runtime.throttle import share_of

FULL_MB: Final = 1769
TARGET: Final = 10.0
BASELINE: Final = "framework"
OURS: Final = "plain"
WORDS: Final[Mapping[bool | None, tuple[str, str]]] = {
    True: ("green", "met"),
    False: ("bold red", "missed"),
    None: ("dim", "for reference"),
}


def table_of(result: Mapping[str, Any]) -> Table:
    """Return every cell: median with the least and the most, and how many times ours it takes."""
    cells = result["cells"].values()
    shown = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=f"fresh process to first answer, ms: median (least–most) of {result['runs_each']}",
    )
    shown.add_column("handler", no_wrap=True)
    conditions = list(dict.fromkeys((each["memory_mb"], each["bytecode"]) for each in cells))
    for memory_mb, compiled in conditions:
        code = "bytecode" if compiled else "sources only"
        shown.add_column(f"{code}\n{_cpu(memory_mb)}", justify="right")
    for name in ("bare", "× ours", "CPU", "× ours", "warm", "modules", "RSS MB", "code MB"):
        shown.add_column(name, justify="right")
    reference = result["bare"][OURS]
    ours, ours_cpu_ms = reference["first_answer_ms"]["p50"], reference["cpu_ms"]["p50"]
    for name, about in result["variants"].items():
        best = _of(result, name, FULL_MB, compiled=True)
        texts = [
            _spread(_of(result, name, memory_mb, compiled=compiled)["first_answer_ms"])
            for memory_mb, compiled in conditions
        ]
        times = result["bare"][name]["first_answer_ms"]["p50"] / ours
        cpu_ms = result["bare"][name]["cpu_ms"]["p50"]
        shown.add_row(
            about["says"],
            *texts,
            _spread(result["bare"][name]["first_answer_ms"]),
            f"{times:.1f}",
            f"{cpu_ms:.0f}",
            f"{cpu_ms / ours_cpu_ms:.1f}",
            f"{best['warm_ms']['p50']:.1f}",
            str(about["modules"]),
            f"{best['resident_mb']['p50']:.0f}",
            f"{about['bytes'] / 1e6:.1f}",
        )
    return shown


def markdown_of(result: Mapping[str, Any]) -> str:
    """Return the table of cells as Markdown, for the study."""
    cells = result["cells"].values()
    conditions = list(dict.fromkeys((each["memory_mb"], each["bytecode"]) for each in cells))
    heads = [
        f"{'bytecode' if compiled else 'sources only'}, {_cpu(memory_mb)}"
        for memory_mb, compiled in conditions
    ]
    columns = ["handler", "bare", "CPU of it", *heads, "warm, ms", "modules", "RSS, MB", "code, MB"]
    lines = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    for name, about in result["variants"].items():
        best = _of(result, name, FULL_MB, compiled=True)
        firsts = [
            _of(result, name, memory_mb, compiled=compiled)["first_answer_ms"]
            for memory_mb, compiled in conditions
        ]
        bare = result["bare"][name]
        texts = [
            f"**{f['p50']:.0f}** ({f['min']:.0f}–{f['max']:.0f})"
            for f in (bare["first_answer_ms"], bare["cpu_ms"], *firsts)
        ]
        tail = (
            f"{best['warm_ms']['p50']:.1f}",
            str(about["modules"]), f"{best['resident_mb']['p50']:.0f}",
            f"{about['bytes'] / 1e6:.1f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join((about['says'], *texts, *tail))} |")
    return "\n".join(lines) + "\n"


def levers_of(result: Mapping[str, Any]) -> Table:
    """Return what each single change is worth, from the same cells."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="what each lever is worth")
    for name in ("lever", "from, ms", "to, ms", "saves, ms"):
        shown.add_column(name, justify="left" if name == "lever" else "right")
    for lever in levers(result):
        before, after = lever["from_ms"], lever["to_ms"]
        shown.add_row(lever["lever"], f"{before:.0f}", f"{after:.0f}", f"{before - after:.0f}")
    return shown


def levers(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each change with the medians before and after it."""
    small = min(each["memory_mb"] for each in result["cells"].values())
    steps = [
        ("ship bytecode (framework)", (BASELINE, FULL_MB, False), (BASELINE, FULL_MB, True)),
        ("load drivers when needed", (BASELINE, FULL_MB, True), ("framework, lazy", FULL_MB, True)),
        ("leave the framework", ("framework, lazy", FULL_MB, True), ("plain, SDK", FULL_MB, True)),
        ("leave the SDK", ("plain, SDK", FULL_MB, True), (OURS, FULL_MB, True)),
        (
            f"SDK in init, not in the handler, at {small} MB",
            ("plain, SDK lazy", small, True),
            ("plain, SDK", small, True),
        ),
        ("ship bytecode (plain)", (OURS, FULL_MB, False), (OURS, FULL_MB, True)),
    ]
    for name, before, after in steps:
        yield {
            "lever": name,
            "from_ms": _first_ms(result, *before),
            "to_ms": _first_ms(result, *after),
        }
    tls = result["tls_context_ms"]
    yield {
        "lever": "trust Amazon's five roots, not the system's store",
        "from_ms": tls["system"]["p50"],
        "to_ms": tls["five"]["p50"],
    }


def verdicts_of(result: Mapping[str, Any]) -> Table:
    """Return the targets and whether they are met."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="targets")
    for name in ("what", "figure", "target", "verdict"):
        shown.add_column(name)
    for row in result["verdicts"]:
        style, word = WORDS[row["met"]]
        word = f"[{style}]{word}[/]"
        shown.add_row(row["what"], row["figure"], row["target"], word)
    return shown


def verdicts(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each target with its figure."""
    first = "first_answer_ms"
    bare, cpu = (
        result["bare"][BASELINE][what]["p50"] / result["bare"][OURS][what]["p50"]
        for what in (first, "cpu_ms")
    )
    times = _first_ms(result, BASELINE, FULL_MB, True) / _first_ms(result, OURS, FULL_MB, True)
    yield {
        "what": "receiver against the framework variant, fresh process to first answer",
        "figure": f"{bare:.1f} times faster ({cpu:.1f} in CPU time)",
        "target": f"≥ {TARGET:g} times",
        "met": bare >= TARGET,
    }
    yield {
        "what": "the same under the runtime client, which both have to load",
        "figure": f"{times:.1f} times faster",
        "target": "",
        "met": None,
    }
    for each in result["receivers"]:
        yield {
            "what": f"{each['name']}, zip",
            "figure": f"{each['zip_bytes'] / 1000:.0f} kB",
            "target": f"≤ {RECEIVER_ZIP_BYTES // 1000} kB",
            "met": each["zip_bytes"] <= RECEIVER_ZIP_BYTES,
        }
        yield {
            "what": f"{each['name']}, modules",
            "figure": str(each["modules"]),
            "target": f"≤ {RECEIVER_MODULES}",
            "met": each["modules"] <= RECEIVER_MODULES,
        }


def _spread(figures: Mapping[str, float]) -> str:
    return f"{figures['p50']:.0f}\n[dim]{figures['min']:.0f}–{figures['max']:.0f}[/]"


def _of(result: Mapping[str, Any], name: str, memory_mb: int, *, compiled: bool) -> Any:
    code = "bytecode" if compiled else "sources"
    return result["cells"][f"{name} | {code} | {memory_mb} MB"]


def _first_ms(
    result: Mapping[str, Any],
    name: str,
    memory_mb: int,
    compiled: bool,
) -> float:
    return float(_of(result, name, memory_mb, compiled=compiled)["first_answer_ms"]["p50"])


def _cpu(memory_mb: int) -> str:
    return "full CPU" if memory_mb == FULL_MB else f"{memory_mb} MB ({share_of(memory_mb):.0%})"


if __name__ == "__main__":
    sys.stdout.write(markdown_of(json.loads(Path(sys.argv[1]).read_text())))
