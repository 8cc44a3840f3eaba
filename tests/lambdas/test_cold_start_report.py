import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench.lambda_cold_start import ORDER, VARIANTS
from bench.lambda_picture import draw
from bench.lambda_report import BASELINE, FULL_MB, OURS, levers, markdown_of, verdicts
from lambdas.functions import RECEIVERS
from tests.architecture.tree import ROOT

SMALL_MB = 256
FIRST_MS = {
    BASELINE: 900.0,
    "framework, lazy": 800.0,
    "plain, SDK": 300.0,
    "plain, SDK lazy": 320.0,
    OURS: 80.0,
    "nothing": 60.0,
}


def spread(ms: float) -> dict[str, float]:
    return {"p50": ms, "min": ms / 2, "max": ms * 2}


def result(**first_ms: float) -> dict[str, Any]:
    cells = {}
    for memory_mb in (FULL_MB, SMALL_MB):
        for compiled in (True, False):
            for name, ms in {**FIRST_MS, **first_ms}.items():
                code = "bytecode" if compiled else "sources"
                cells[f"{name} | {code} | {memory_mb} MB"] = {
                    "variant": name,
                    "bytecode": compiled,
                    "memory_mb": memory_mb,
                    "first_answer_ms": spread(ms if compiled else 2 * ms),
                    "cpu_ms": spread(ms),
                    "warm_ms": spread(1.0),
                    "resident_mb": spread(20.0),
                }
    return {
        "runs_each": 5,
        "cores": 2,
        "python": "CPython 3.11",
        "variants": {each.name: {"says": each.says, "modules": 5, "bytes": 5} for each in ORDER},
        "cells": cells,
        "bare": {
            name: {"first_answer_ms": spread(ms), "cpu_ms": spread(ms)}
            for name, ms in {**FIRST_MS, **first_ms}.items()
        },
        "tls_context_ms": {"system": spread(25.0), "five": spread(3.0)},
        "receivers": [{"name": RECEIVERS[0].name, "zip_bytes": 76_000, "modules": 123}],
    }


def test_the_receiver_has_to_be_ten_times_faster_than_the_framework() -> None:
    [speed, *_] = verdicts(result())
    assert speed["figure"] == "11.2 times faster (11.2 in CPU time)"
    assert speed["met"] is True
    [speed, *_] = verdicts(result(plain=91.0))
    assert speed["met"] is False


@pytest.mark.parametrize(("name", "value"), [("zip_bytes", 100_001), ("modules", 131)])
def test_size_and_modules_have_limits(name: str, value: int) -> None:
    measured = result()
    assert False not in [row["met"] for row in verdicts(measured)]
    measured["receivers"][0][name] = value
    assert [row["met"] for row in verdicts(measured)].count(False) == 1


def test_each_lever_says_what_it_saves() -> None:
    found = {each["lever"]: each["from_ms"] - each["to_ms"] for each in levers(result())}
    assert found["ship bytecode (framework)"] == 900.0
    assert found["leave the SDK"] == 220.0
    assert found["trust Amazon's five roots, not the system's store"] == 22.0
    assert f"SDK in init, not in the handler, at {SMALL_MB} MB" in found


def test_the_picture_has_a_bar_for_each_cell() -> None:
    picture = ET.fromstring(draw(result()))  # noqa: S314 - drawn a line above
    bars = [each for each in picture.iter() if each.tag.endswith("rect") and each.get("rx")]
    assert len(bars) == len(result()["cells"])
    widths = sorted(float(each.attrib["width"]) for each in bars)
    assert widths[-1] / widths[0] == pytest.approx(1800 / 60, rel=0.01)


def test_the_table_of_the_study_names_every_handler() -> None:
    lines = markdown_of(result()).splitlines()
    assert len(lines) == 2 + len(ORDER)
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_every_variant_is_there_and_verifies_with_the_same_code() -> None:
    for variant in ORDER:
        module = variant.handler.rpartition(".")[0]
        if variant.name == OURS:
            assert (ROOT / f"{module.replace('.', '/')}.py").exists()
            continue
        source = (VARIANTS / f"{module}.py").read_text()
        assert variant.name == "nothing" or re.search(r"verify_signature\(body, signature", source)
