"""Orders that were begun by older code must go on under the present code."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.hasty import HastyWorkflow
from tests.replay.record import HISTORIES, blanked
from tests.replay.stories import STORIES
from workflows.connection import DATA_CONVERTER
from workflows.order import OrderWorkflow

RECORDED = sorted(HISTORIES.glob("*.json"))
PATCHING = """
{name}: an order that older code began cannot go on under this code.
  {error}
A running order replays its history with whatever code is deployed, so its commands (activities,
timers, attributes) must come in the recorded order. Keep the old way beside the new one:
    if workflow.patched("2026-12-say-what-changes"):
        ...  # the new way
    else:
        ...  # as before, until no order of the old code runs
CONTRIBUTING.md, "Changing a running workflow", has the whole procedure. Only if no order of the old
code runs anywhere may the histories be recorded anew: python -m tests.replay.record
"""


def history_of(recorded: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(recorded.stem, recorded.read_text())


async def replay(recorded: Path, workflow: type) -> Exception | None:
    """Return what goes wrong when a recorded order goes on under this workflow's code."""
    replayer = Replayer(workflows=[workflow], data_converter=DATA_CONVERTER)
    result = await replayer.replay_workflow(history_of(recorded), raise_on_replay_failure=False)
    return result.replay_failure


def test_the_failure_points_to_the_procedure() -> None:
    heading = re.search(r'CONTRIBUTING\.md, "(.*)"', PATCHING)
    assert heading is not None
    contributing = Path(__file__).parents[2] / "CONTRIBUTING.md"
    assert f"## {heading[1]}\n" in contributing.read_text()


def test_every_story_is_recorded() -> None:
    assert [recorded.stem for recorded in RECORDED] == sorted(STORIES)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.stem)
async def test_a_recorded_order_goes_on_under_the_present_code(recorded: Path) -> None:
    error = await replay(recorded, OrderWorkflow)
    if error:
        pytest.fail(PATCHING.format(name=recorded.stem, error=error), pytrace=False)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.stem)
async def test_a_change_without_a_patch_is_noticed(recorded: Path) -> None:
    assert isinstance(await replay(recorded, HastyWorkflow), NondeterminismError)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded.stem)
def test_a_recorded_order_tells_nothing_of_the_machine_it_was_recorded_on(recorded: Path) -> None:
    document = json.loads(recorded.read_text())
    assert blanked(document) == document
    for text in _texts(document):
        assert not re.search(r"/(home|root|work|tmp|Users|usr)/", text)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a history, the contents of payloads included."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "data" and isinstance(each, str):
                yield base64.b64decode(each).decode()
            else:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
