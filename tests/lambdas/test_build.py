import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lambdas.functions import FRAMEWORKS, HEAVY, SDK, functions
from sandbox.lambda_runtime.queue_stub import QueueStub
from tests.lambdas.builds import copy_of_tree, function_named, gateway_event, receiver_environment
from tests.lambdas.conftest import Builds
from workers.build_lambdas.build import build, build_one
from workers.build_lambdas.contents import contents_of, probe
from workers.build_lambdas.errors import CannotBuild
from workers.cli import create_app

RECEIVERS = ("razorpay-webhook", "courier-webhook")
CONSUMERS = tuple(each.name for each in functions() if each.name not in RECEIVERS)
EVERY = (*RECEIVERS, *CONSUMERS)
PYTHON = (sys.executable, "-I", "-S", "-B", "-c")
FIRST_ANSWER = """
import json, sys
sys.path.insert(0, sys.argv[1])
module = __import__(f"lambdas.{sys.argv[2]}", fromlist=["handle"])
answer = module.handle(json.loads(sys.argv[3]), None)
print(json.dumps([answer["statusCode"], sorted(sys.modules)]))
"""


@pytest.mark.parametrize("name", EVERY)
def test_a_function_loads_nothing_that_it_forbids(name: str) -> None:
    function = function_named(name)
    loaded = probe(function)
    assert {each.partition(".")[0] for each in loaded} & function.forbidden == set()
    assert set(loaded) & function.forbidden == set()


@pytest.mark.parametrize("name", EVERY)
def test_every_function_forbids_frameworks_and_the_sdk(name: str) -> None:
    assert function_named(name).forbidden >= FRAMEWORKS | SDK


def test_a_consumer_may_load_only_the_drivers_that_it_uses() -> None:
    view, inbox = function_named("consumer-order-view"), function_named("consumer-webhook-inbox")
    assert {"temporalio"} <= view.forbidden
    assert view.forbidden & {"motor", "redis"} == set()
    assert {"redis"} <= inbox.forbidden
    assert inbox.forbidden & {"motor", "temporalio"} == set()


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_has_answered_with_at_most_130_modules(
    name: str, tasks: dict[str, Path]
) -> None:
    event = gateway_event("{}", {"x-api-key": "courier-token"})
    module = name.replace("-", "_")
    with QueueStub() as queue:
        done = subprocess.run(
            [*PYTHON, FIRST_ANSWER, str(tasks[name]), module, json.dumps(event)],
            env=receiver_environment(queue.url),
            capture_output=True,
            text=True,
            check=True,
        )
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == (200 if name == "courier-webhook" else 401)
    assert len(modules) <= 130, modules
    foreign = {each.partition(".")[0] for each in modules} - sys.stdlib_module_names
    assert foreign - {"__main__"} == {"lambdas", "domain"}


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receivers_zip_holds_only_what_it_needs(name: str, builds: Builds) -> None:
    assert builds[name].zip_bytes <= 100_000
    with zipfile.ZipFile(builds[name].path) as archive:
        sources = {each for each in archive.namelist() if "__pycache__" not in each}
    assert sources == {
        "domain/__init__.py",
        "domain/webhooks.py",
        "lambdas/__init__.py",
        "lambdas/amazon_roots.pem",
        "lambdas/gateway.py",
        "lambdas/queue_sender.py",
        "lambdas/receiver.py",
        "lambdas/sigv4.py",
        f"lambdas/{name.replace('-', '_')}.py",
    }


@pytest.mark.parametrize("name", EVERY)
def test_all_bytecode_is_shipped_and_never_checked(name: str, builds: Builds) -> None:
    with zipfile.ZipFile(builds[name].path) as archive:
        names = archive.namelist()
        sources = [each for each in names if each.endswith(".py")]
        compiled = [each for each in names if each.endswith(".pyc")]
        assert len(compiled) == len(sources) > 0
        heads = {archive.read(each)[:8] for each in compiled}
    assert heads == {importlib.util.MAGIC_NUMBER + b"\x01\0\0\0"}


def test_a_consumers_zip_holds_neither_tests_nor_stubs_nor_other_drivers(builds: Builds) -> None:
    with zipfile.ZipFile(builds["consumer-order-view"].path) as archive:
        names = archive.namelist()
    roots = {name.partition("/")[0] for name in names}
    assert {"motor", "pymongo", "redis", "consumers", "domain"} <= roots
    assert roots & (HEAVY - {"motor", "pymongo", "bson", "redis"}) == set()
    assert roots & {"workers", "api", "sandbox", "workflows", "tests"} == set()
    assert not [name for name in names if name.endswith(".pyi") or "/tests/" in name]


def test_a_zip_is_the_same_bytes_from_another_copy_at_another_time(
    builds: Builds, tmp_path: Path
) -> None:
    tree = copy_of_tree(tmp_path / "elsewhere", {})
    for path in tree.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    names = ("courier-webhook", "consumer-order-view")
    again = build([function_named(name) for name in reversed(names)], tmp_path / "out", tree)
    assert {each.function.name: each.sha256 for each in again} == {
        name: builds[name].sha256 for name in names
    }


def test_the_manifest_names_each_zip_with_its_digest(builds: Builds) -> None:
    [folder] = {each.path.parent for each in builds.values()}
    manifest = json.loads((folder / "build.json").read_text())
    assert manifest["runtime"] == f"python3.{sys.version_info.minor}"
    assert {name: each["sha256"] for name, each in manifest["functions"].items()} == {
        name: each.sha256 for name, each in builds.items()
    }


@pytest.mark.parametrize(
    "planted",
    ["import fastapi", "try:\n    import starlette\nexcept Exception:\n    starlette = None"],
)
def test_a_planted_framework_fails_the_build_and_the_text_says_why(
    planted: str, tmp_path: Path
) -> None:
    tree = copy_of_tree(tmp_path, {"domain/webhooks.py": planted})
    with pytest.raises(CannotBuild) as refused:
        build_one(function_named("razorpay-webhook"), tmp_path / "out", tree)
    text = str(refused.value)
    assert text.startswith("razorpay-webhook cannot be built: it loads ")
    assert "lambdas.razorpay_webhook → domain.webhooks → " in text
    assert "6 to 9 s to every cold start" in text
    assert "docs/lambda-cold-start.md" in text
    assert not list((tmp_path / "out").glob("*.zip"))


def test_a_receiver_with_any_package_at_all_is_not_built(tmp_path: Path) -> None:
    tree = copy_of_tree(tmp_path, {"lambdas/gateway.py": "import yaml"})
    with pytest.raises(CannotBuild, match="loads yaml and must not load anything beyond the stan"):
        contents_of(function_named("courier-webhook"), tree)


@pytest.mark.parametrize("module", ["boto3", "temporalio.client", "fastapi"])
def test_a_consumer_with_a_driver_that_it_does_not_use_is_not_built(
    module: str, tmp_path: Path
) -> None:
    tree = copy_of_tree(tmp_path, {"consumers/view_projection.py": f"import {module}"})
    root = module.partition(".")[0]
    with pytest.raises(CannotBuild, match=f"consumers.view_projection → {root}"):
        contents_of(function_named("consumer-order-view"), tree)


def test_a_receiver_that_loads_too_much_of_the_standard_library_is_not_built(
    tmp_path: Path,
) -> None:
    tree = copy_of_tree(tmp_path, {"lambdas/gateway.py": "import asyncio"})
    with pytest.raises(CannotBuild, match=r"loads 1\d\d modules; the limit is 130"):
        contents_of(function_named("courier-webhook"), tree)


def test_a_zip_above_its_limit_is_not_built(tmp_path: Path) -> None:
    small = replace(function_named("courier-webhook"), most_zip_bytes=10_000)
    with pytest.raises(CannotBuild, match="the limit is 10,000"):
        build_one(small, tmp_path)


def test_a_function_that_cannot_be_loaded_says_what_is_wrong(tmp_path: Path) -> None:
    tree = copy_of_tree(tmp_path, {"lambdas/gateway.py": "import no_such_thing_of_ours"})
    broken = replace(function_named("courier-webhook"), third_party=True)
    with pytest.raises(CannotBuild, match="No module named 'no_such_thing_of_ours'"):
        contents_of(broken, tree)


def test_the_command_builds_what_is_asked_for_and_shows_its_size(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    done = CliRunner().invoke(
        create_app(), ["build-lambdas", "--out", out, "--only", "razorpay-webhook"]
    )
    assert done.exit_code == 0, done.output
    assert "razorpay-webhook" in done.output
    assert "100 kB" in done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "build.json",
        "razorpay-webhook.zip",
    ]


def test_the_command_names_the_functions_that_there_are() -> None:
    done = CliRunner().invoke(create_app(), ["build-lambdas", "--only", "no-such"])
    assert "no function no-such; there are razorpay-webhook, courier-webhook" in str(done.exception)
