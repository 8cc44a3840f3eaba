from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.stack.stacks import Stack, ready_stack, short_folder


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that does not exist yet."""
    with short_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One stack of services for the tests of a module that leave it as it is."""
    with short_folder() as folder, ready_stack(folder / "data") as running:
        yield running
