import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.deploy.compose import FILE, ROOT, VARIABLE, load, others, ours, runs_once, services
from workers.stack.services import SEARCH_ATTRIBUTES

# Names that belong to a client library, not to us.
LIBRARY_VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
}
PINNED_IMAGE = re.compile(r"^[a-z0-9./_-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$")


def check_schema(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("check-jsonschema")),
            "--builtin-schema",
            "vendor.compose-spec",
            str(file),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_file_fits_the_compose_specification() -> None:
    report = check_schema(FILE)
    assert report.returncode == 0, report.stdout + report.stderr


def test_a_misspelled_key_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / FILE.name
    broken.write_text(FILE.read_text("utf-8").replace("healthcheck:", "healthchek:"), "utf-8")
    assert check_schema(broken).returncode == 1


def test_every_variable_has_a_default() -> None:
    assert "$" not in VARIABLE.sub("", FILE.read_text("utf-8"))


@pytest.mark.parametrize("name", services())
def test_every_image_is_pinned(name: str) -> None:
    assert PINNED_IMAGE.match(services()[name]["image"])


@pytest.mark.parametrize("name", [name for name, s in services().items() if not runs_once(s)])
def test_every_running_service_has_a_health_check_and_comes_back(name: str) -> None:
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_a_service_waits_for_health_or_for_the_end_of_a_one_shot() -> None:
    for name, service in services().items():
        for needed, how in service.get("depends_on", {}).items():
            once = runs_once(services()[needed])
            expected = "service_completed_successfully" if once else "service_healthy"
            assert how["condition"] == expected, f"{name} needs {needed}"


def test_ports_are_published_on_the_loopback_address_alone() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_no_port_is_published_twice() -> None:
    ports = [port.split(":")[1] for s in services().values() for port in s.get("ports", [])]
    assert len(ports) == len(set(ports))


@pytest.mark.parametrize("name", ours())
def test_our_processes_run_without_privileges(name: str) -> None:
    service = ours()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service
    assert "privileged" not in service


def test_our_processes_share_one_image() -> None:
    assert len({service["image"] for service in ours().values()}) == 1


def test_volumes_are_declared_and_used() -> None:
    used = {
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
    }
    assert used == set(load()["volumes"])


def test_every_variable_of_ours_is_documented() -> None:
    documented = {
        name
        for page in (ROOT / "docs").glob("*.md")
        for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", page.read_text(encoding="utf-8"))
    }
    given = {name for service in ours().values() for name in service["environment"]}
    assert given - LIBRARY_VARIABLES - documented == set()


def test_temporal_learns_every_search_attribute() -> None:
    options = others()["temporal-search-attributes"]["command"]
    told = {
        name.removeprefix("--name="): kind.removeprefix("--type=")
        for name, kind in pairwise(options)
        if name.startswith("--name=")
    }
    assert told == dict(SEARCH_ATTRIBUTES)
