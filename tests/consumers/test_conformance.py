"""Every consumer in the registry, delivered to in every way. Nobody has to remember to add one."""

import pytest

from adapters.mongo.connection import Database
from consumers.registry import discover
from tests.consumers.conformance import WAYS, Court, Way, with_a_hole_for_good

REGISTRY = discover()
FED_BY_TOPICS = {name: found for name, found in REGISTRY.items() if found.contract.from_topics}
JUDGED_ELSEWHERE = {
    "webhook_inbox": "tests/consumers/test_webhook_inbox.py: its messages are no events, and its "
    "repeats die in the ledger of the order's workflow"
}


@pytest.mark.parametrize("way", [*WAYS, with_a_hole_for_good], ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", FED_BY_TOPICS)
async def test_every_way_of_delivery_leaves_the_same_effects(
    name: str, way: Way, court: Court, conformance_database: Database
) -> None:
    verdict = await court.judge(FED_BY_TOPICS[name], way, conformance_database)
    assert verdict.differences == []
    assert any(verdict.expected.values()), f"{name} has no effect that could be compared"


def test_a_consumer_that_is_not_judged_here_says_where_it_is() -> None:
    assert set(REGISTRY) - set(FED_BY_TOPICS) == set(JUDGED_ELSEWHERE)
