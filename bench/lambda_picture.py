"""Draws a comparison of cold starts as an SVG: `python -m bench.lambda_picture RESULT.json`."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

WIDTH: Final = 980
LEFT: Final = 290
RIGHT: Final = 170
TOP: Final = 96
BAR: Final = 13
GAP: Final = 3
BETWEEN: Final = 20
INK: Final = "#1f2933"
FAINT: Final = "#66727f"
GRID: Final = "#e3e8ed"
COLOURS: Final = ("#1b6ca8", "#8fc1e3", "#c2571a", "#f2b58a")
STEPS: Final = (100, 200, 500, 1000, 2000, 5000)
MOST_LINES: Final = 8
HEADLINE: Final = 14


def draw(result: Mapping[str, Any]) -> str:
    """Return the picture: a group of bars per handler, a whisker from the least to the most."""
    conditions = conditions_of(result)
    groups = list(result["variants"].items())
    group_height = len(conditions) * (BAR + GAP) + BETWEEN
    height = TOP + len(groups) * group_height + 56
    longest = max(each["first_answer_ms"]["max"] for each in result["cells"].values())
    scale = (WIDTH - LEFT - RIGHT) / longest
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 30, "From a fresh process to the first answer, ms", size=18),
        *_legend(conditions),
        *_grid(longest, scale, height),
    ]
    for number, (name, about) in enumerate(groups):
        top = TOP + number * group_height
        lines += _group(result, name, about["says"], top, conditions, scale)
    note = (
        f"Median of {result['runs_each']} runs, whiskers from the least to the most; "
        f"{result['cores']} cores, {result['python']}, all measured side by side. "
        "Initialisation at full CPU, invocation throttled."
    )
    lines += [_text(20, height - 16, note, colour=FAINT, size=12), "</svg>"]
    return "\n".join(lines) + "\n"


def conditions_of(result: Mapping[str, Any]) -> Sequence[tuple[int, bool]]:
    """Return memory size and bytecode of each bar of a group, in the order of the cells."""
    cells = result["cells"].values()
    return list(dict.fromkeys((each["memory_mb"], each["bytecode"]) for each in cells))


def _group(
    result: Mapping[str, Any],
    name: str,
    says: str,
    top: float,
    conditions: Sequence[tuple[int, bool]],
    scale: float,
) -> Iterator[str]:
    middle = top + len(conditions) * (BAR + GAP) / 2
    yield _text(LEFT - 12, middle + 4, says, anchor="end")
    cells = {
        (each["memory_mb"], each["bytecode"]): each["first_answer_ms"]
        for each in result["cells"].values()
        if each["variant"] == name
    }
    for number, condition in enumerate(conditions):
        figures, y = cells[condition], top + number * (BAR + GAP)
        length = figures["p50"] * scale
        yield (
            f'<rect x="{LEFT}" y="{y:.1f}" width="{length:.1f}" height="{BAR}" rx="2" '
            f'fill="{COLOURS[number % len(COLOURS)]}"/>'
        )
        least, most = LEFT + figures["min"] * scale, LEFT + figures["max"] * scale
        yield (
            f'<path d="M{least:.1f} {y + BAR / 2:.1f}H{most:.1f}M{least:.1f} {y + 3:.1f}v{BAR - 6}'
            f'M{most:.1f} {y + 3:.1f}v{BAR - 6}" stroke="{INK}" stroke-width="1" fill="none"/>'
        )
        yield _text(most + 6, y + BAR - 2.5, f"{figures['p50']:.0f}", size=11)


def _legend(conditions: Sequence[tuple[int, bool]]) -> Iterator[str]:
    full = max(memory_mb for memory_mb, _ in conditions)
    x = 20.0
    for number, (memory_mb, compiled) in enumerate(conditions):
        cpu = "full CPU" if memory_mb == full else f"{memory_mb} MB ({memory_mb / full:.0%} CPU)"
        text = f"{'bytecode shipped' if compiled else 'sources only'}, {cpu}"
        yield f'<rect x="{x}" y="48" width="12" height="12" fill="{COLOURS[number % 4]}"/>'
        yield _text(x + 18, 58, text, size=12)
        x += 34 + 6.6 * len(text)


def _grid(longest: float, scale: float, height: float) -> Iterator[str]:
    step = next((each for each in STEPS if longest / each <= MOST_LINES), STEPS[-1])
    for value in range(0, int(longest) + 1, step):
        x = LEFT + value * scale
        yield f'<path d="M{x:.1f} {TOP - 8}V{height - 44}" stroke="{GRID}"/>'
        yield _text(x, TOP - 14, f"{value:,}", colour=FAINT, size=11, anchor="middle")


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 13,
    colour: str = INK,
    anchor: str = "start",
) -> str:
    weight = 600 if size > HEADLINE else 400
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" '
        f'font-weight="{weight}" text-anchor="{anchor}">{escape(text)}</text>'
    )


if __name__ == "__main__":
    sys.stdout.write(draw(json.loads(Path(sys.argv[1]).read_text())))
