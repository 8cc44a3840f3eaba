import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, settings

BANNED: list[str] = sorted(settings()["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"])


def findings(package: str, tree: Path) -> list[str]:
    """Returns the messages of TID251 for a module of the package that uses everything banned."""
    lines = [f"import {name.split('.')[0]}" for name in BANNED]
    lines += [f"print({name})" for name in BANNED]
    module = tree / package / "planted.py"
    module.parent.mkdir()
    module.write_text("\n".join(lines), encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tree)
    report = subprocess.run(
        [
            str(Path(sys.executable).with_name("ruff")),
            "check",
            "--no-cache",
            "--output-format=json",
            str(module),
        ],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.returncode == 1, report.stdout + report.stderr
    return [each["message"] for each in json.loads(report.stdout) if each["code"] == "TID251"]


@pytest.mark.parametrize("name", BANNED)
def test_a_planted_breach_of_determinism_is_reported_in_workflows(
    name: str, tmp_path: Path
) -> None:
    assert any(f"`{name}`" in message for message in findings("workflows", tmp_path))


def test_clocks_and_dice_are_free_outside_workflows(tmp_path: Path) -> None:
    assert findings("activities", tmp_path) == []
