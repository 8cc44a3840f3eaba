import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from workers.cli import create_app

ROOT = Path(__file__).resolve().parents[2]


def command_names() -> list[str]:
    group = typer.main.get_command(create_app())
    assert isinstance(group, TyperGroup)
    return list(group.commands)


def orders(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "COLUMNS": "200"} | variables
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", command_names())
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(create_app(), [name, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = "('temporalio', 'fastapi', 'motor', 'pymongo', 'boto3', 'razorpay', 'httpx', 'uvicorn')"
    code = f"import sys, workers.cli as c; c.create_app(); print(*sys.modules.keys() & {heavy})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_missing_settings_are_listed_without_a_traceback(tmp_path: Path) -> None:
    done = orders("api", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "ORDERS_JWT_SECRET is not set" in done.stderr
    assert "COURIER_WEBHOOK_TOKEN is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_needs_a_secret(tmp_path: Path) -> None:
    done = orders("token", "--customer", "cust_1", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "start the stack once" in done.stderr


def test_a_token_that_nobody_could_verify_is_not_issued(tmp_path: Path) -> None:
    done = orders("token", "--customer", "c", "--data", str(tmp_path), ORDERS_JWT_SECRET="short")
    assert done.returncode == 2
    assert "at least 32 bytes" in done.stderr


def test_a_token_needs_a_customer(tmp_path: Path) -> None:
    done = orders("token", "--customer", " ", "--data", str(tmp_path), ORDERS_JWT_SECRET="s" * 40)
    assert done.returncode == 2
    assert "--customer is empty" in done.stderr


def test_an_unknown_sandbox_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = orders("sandbox", "paypal", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "razorpay" in done.stderr
    assert "courier" in done.stderr


def test_help_is_quick() -> None:
    began = time.monotonic()
    assert orders("--help").returncode == 0
    # Half a second on an idle machine; loading every process would take several.
    assert time.monotonic() - began < 3


def test_a_link_needs_an_order_id(tmp_path: Path) -> None:
    done = orders("link", "--order", "nonsense", "--data", str(tmp_path))
    assert done.returncode == 2
    assert "--order is 'nonsense'" in done.stderr
