import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest

from consumers.contract import ContractInvalid, Ordering
from consumers.order_view import CONTRACT
from consumers.registry import discover, queue_declarations
from domain.events import EventType, topic
from tests.consumers.contracts import contract_like

NEW_CONSUMER = """
from dataclasses import replace
from consumers.order_view import CONTRACT as LIKE
CONTRACT = replace(LIKE, name="{name}", queue="{queue}")
"""
BUILD = """
class Nothing:
    async def handle(self, events):
        pass
def build(ports):
    return Nothing()
"""


@pytest.fixture
def package(tmp_path: Path) -> ModuleType:
    """A package of consumers that a test writes itself."""
    name = f"planted_{tmp_path.name.replace('-', '_')}"
    made = ModuleType(name)
    made.__path__ = [str(tmp_path)]
    return made


@pytest.fixture
def folder(package: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(sys.modules, package.__name__, package)
    return Path(package.__path__[0])


def test_the_consumers_of_this_project_are_found_by_themselves() -> None:
    found = discover()
    assert {"order_view", "webhook_inbox"} <= set(found)
    assert found["order_view"].contract is CONTRACT


def test_a_new_module_is_a_new_consumer(folder: Path, package: ModuleType) -> None:
    (folder / "loyalty.py").write_text(NEW_CONSUMER.format(name="loyalty", queue="loyalty") + BUILD)
    (folder / "machinery.py").write_text("CONTRACT = None\n")
    assert list(discover(package)) == ["loyalty"]
    assert [queue.name for queue in queue_declarations(package)] == ["loyalty"]


def test_two_consumers_cannot_share_a_name_or_a_queue(folder: Path, package: ModuleType) -> None:
    (folder / "a.py").write_text(NEW_CONSUMER.format(name="first", queue="same") + BUILD)
    (folder / "b.py").write_text(NEW_CONSUMER.format(name="second", queue="same") + BUILD)
    with pytest.raises(ContractInvalid, match="'second' with queue 'same'"):
        discover(package)


def test_a_contract_without_a_builder_is_refused(folder: Path, package: ModuleType) -> None:
    (folder / "half.py").write_text(NEW_CONSUMER.format(name="half", queue="half"))
    with pytest.raises(ContractInvalid, match=r"'half'.*build\(ports\)"):
        discover(package)


def test_the_view_hears_every_topic_and_the_inbox_none() -> None:
    queues = {queue.name: queue for queue in queue_declarations()}
    assert set(queues["order-view"].topics) == {topic(event_type) for event_type in EventType}
    assert queues["webhook-inbox"].topics == ()
    assert queues["order-view"].dlq == "order-view-dlq"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Order View"}, "name"),
        ({"queue": "order_view"}, "queue"),
        ({"visibility_s": 0}, "visibility_s"),
        ({"visibility_s": 43_201}, "visibility_s"),
        ({"max_receive": 0}, "max_receive"),
        (
            {"types": frozenset({EventType.ORDER_PLACED}), "ordering": Ordering.CONTIGUOUS},
            "ordering",
        ),
    ],
)
def test_a_contract_that_cannot_be_kept_names_the_field(
    changes: dict[str, object], field: str
) -> None:
    with pytest.raises(ContractInvalid, match=f"{field}: "):
        contract_like(**changes)


def test_a_memory_of_no_length_is_refused() -> None:
    with pytest.raises(ContractInvalid, match=r"idempotency\.window"):
        contract_like(idempotency=replace(CONTRACT.idempotency, window=timedelta()))
