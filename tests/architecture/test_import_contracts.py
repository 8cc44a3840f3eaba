import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, settings

# contract id -> planted file -> its one bad import
BREACHES = {
    "layers": {"activities/planted.py": "import consumers\n"},
    "pure-core": {"domain/planted.py": "import httpx\n"},
    "plain-domain": {"domain/planted.py": "from pydantic import BaseModel\n"},
    "composition-roots": {"api/planted.py": "import adapters\n"},
    "drivers": {"consumers/planted.py": "import redis.asyncio\n"},
    "light-functions": {"lambdas/planted.py": "import fastapi\n"},
}
INDIRECT_BREACHES = {
    "pure-core": {
        "workflows/planted.py": "import activities.planted\n",
        "activities/planted.py": "import smtplib\n",
    },
    "composition-roots": {
        "api/app.py": "import adapters\n",
        "api/planted.py": "import adapters.planted\n",
        "adapters/planted.py": "",
    },
    "light-functions": {
        "lambdas/planted.py": "import tracking.planted\n",
        "tracking/planted.py": "import starlette.websockets\n",
    },
}


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "", "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda folder, names: {
                name for name in names if Path(folder, name).is_file() and not name.endswith(".py")
            },
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tree / name).write_text(text, encoding="utf-8")


def name_of(contract: str) -> str:
    contracts = settings()["tool"]["importlinter"]["contracts"]
    return str(next(each["name"] for each in contracts if each["id"] == contract))


def test_the_tree_keeps_every_import_contract() -> None:
    report = lint_imports(ROOT)
    assert report.returncode == 0, report.stdout + report.stderr


def test_every_contract_has_a_planted_breach() -> None:
    contracts = settings()["tool"]["importlinter"]["contracts"]
    assert {each["id"] for each in contracts} == set(BREACHES)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_planted_breach_is_reported(contract: str, copy_of_tree: Path) -> None:
    plant(copy_of_tree, BREACHES[contract])
    report = lint_imports(copy_of_tree)
    assert report.returncode == 1, report.stdout + report.stderr
    assert f"{name_of(contract)} BROKEN" in report.stdout


@pytest.mark.parametrize("contract", INDIRECT_BREACHES)
def test_a_breach_by_way_of_another_module_is_reported(contract: str, copy_of_tree: Path) -> None:
    plant(copy_of_tree, INDIRECT_BREACHES[contract])
    report = lint_imports(copy_of_tree)
    assert report.returncode == 1, report.stdout + report.stderr
    assert f"{name_of(contract)} BROKEN" in report.stdout


def test_an_application_may_build_its_adapters(copy_of_tree: Path) -> None:
    plant(copy_of_tree, {"api/app.py": "import adapters\n"})
    report = lint_imports(copy_of_tree)
    assert report.returncode == 0, report.stdout + report.stderr
