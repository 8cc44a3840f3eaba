"""Record the histories that the replay test plays back: `python -m tests.replay.record [NAME …]`.

Starts a dev server of its own, plays each story in a house of fakes, and writes its history to
`tests/replay/histories/NAME.json`. Do this for a new story, or while no order of the old code runs
anywhere; otherwise patch the workflow instead, and the recorded histories go on replaying (see
CONTRIBUTING). All data is made up; what tells of the machine is blanked.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client

from tests.replay.stories import STORIES, Story
from tests.services import running_temporal
from tests.workflows.house import House
from workflows.connection import DATA_CONVERTER

HISTORIES = Path(__file__).parent / "histories"
BLANKED = {"stackTrace": "", "identity": "recorded"}


async def record(address: str, story: Story) -> str:
    """Play a story on the server at this address; return its history as JSON text."""
    client = await Client.connect(address, data_converter=DATA_CONVERTER)
    async with House(client=client).open() as house:
        handle = await story(house)
        history = await handle.fetch_history()
    document = blanked(json.loads(history.to_json()))
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def blanked(document: Any) -> Any:
    """Return the document without paths and names of the machine that recorded it."""
    if isinstance(document, dict):
        return {key: BLANKED.get(key, blanked(value)) for key, value in document.items()}
    if isinstance(document, list):
        return [blanked(each) for each in document]
    return document


def main(names: list[str]) -> None:
    """Record the named stories, or all."""
    HISTORIES.mkdir(exist_ok=True)
    with running_temporal() as server:
        for name in names or STORIES:
            text = asyncio.run(record(server.address, STORIES[name]))
            (HISTORIES / f"{name}.json").write_text(text)
            print(f"{name}: {text.count('eventType')} events, {len(text) // 1024} KiB")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
