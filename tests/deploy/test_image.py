import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES
from tests.deploy.compose import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()
BUILT_FROM = ("requirements", "pyproject.toml", "README.md", "LICENSE", *PACKAGES)
NOT_SHIPPED = {".pyc", ".md"}


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in INSTRUCTIONS if line.startswith(f"{name} ")]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build is sent."""
    tree = tmp_path_factory.mktemp("context")
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree)
    return tree


@pytest.fixture(scope="module")
def wheel(sent: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel, built as the Dockerfile does."""
    built = tmp_path_factory.mktemp("dist")
    options = ["-q", "--disable-pip-version-check", "--no-index", "--no-deps"]
    options += ["--no-build-isolation", "--wheel-dir", str(built)]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "."],
        cwd=sent,
        check=True,
        capture_output=True,
    )
    (file,) = built.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return set(archive.namelist())


def test_base_images_are_pinned_slim_and_the_same() -> None:
    bases = {line.split()[0] for line in instructions("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.12\.\d+-slim-bookworm", bases.pop())


def test_the_image_is_built_in_two_stages() -> None:
    assert len(instructions("FROM")) == 2
    assert any(line.startswith("--from=build ") for line in instructions("COPY"))


def test_the_image_runs_as_an_ordinary_user() -> None:
    (user,) = instructions("USER")
    assert int(user) >= 1000


def test_everything_from_outside_is_checked_by_hash() -> None:
    installs = re.findall(r"pip install [^&]+", " ".join(instructions("RUN")))
    assert installs
    for command in installs:
        assert "--require-hashes" in command or "--no-deps dist/*.whl" in command


def test_the_build_is_sent_what_it_needs_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!").split("/")[0] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert sent == set(BUILT_FROM)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_image_holds_every_file_of_a_package(package: str, sent: Path, wheel: set[str]) -> None:
    files = {
        path.relative_to(sent).as_posix()
        for path in (sent / package).rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED and "__pycache__" not in path.parts
    }
    assert files - wheel == set()


def test_the_image_has_the_command(wheel: set[str]) -> None:
    assert any(Path(name).name == "entry_points.txt" for name in wheel)
