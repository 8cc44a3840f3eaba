"""Functions packed once for all tests of this folder."""

from pathlib import Path

import pytest

from lambdas.functions import functions
from tests.lambdas.builds import unpacked
from workers.build_lambdas.build import Built, build

Builds = dict[str, Built]


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Every function, by name."""
    out = tmp_path_factory.mktemp("functions")
    return {each.function.name: each for each in build(functions(), out)}


@pytest.fixture(scope="session")
def tasks(builds: Builds, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every function's unpacked zip, by name."""
    folder = tmp_path_factory.mktemp("tasks")
    return {name: unpacked(each.path, folder / name) for name, each in builds.items()}
