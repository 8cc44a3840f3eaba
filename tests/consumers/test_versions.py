"""A type in its second version: the old form is still read, only what is newer is the future."""

import pytest

from adapters.aws import publisher
from consumers.batch import FromTheFuture, read_event
from domain.events import SCHEMA_VERSIONS, EventType
from domain.wire import dump_event
from tests.consumers.orders import log_of, new_order_id


@pytest.fixture(autouse=True)
def _second_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEMA_VERSIONS, EventType.ORDER_PLACED, 2)


def test_an_event_says_its_version_in_the_body_and_beside_it() -> None:
    placed, paid = log_of(new_order_id(), 2)
    assert '"dataschema":"/schemas/order_placed/2"' in dump_event(placed)
    assert publisher._attributes(placed)["schema_version"] == "2"
    assert '"dataschema":"/schemas/payment_confirmed/1"' in dump_event(paid)
    assert publisher._attributes(paid)["schema_version"] == "1"


@pytest.mark.parametrize("version", ["1", "2"])
def test_old_and_present_versions_are_read(version: str) -> None:
    (placed,) = log_of(new_order_id(), 1)
    body = dump_event(placed).replace("/order_placed/2", f"/order_placed/{version}")
    assert read_event(body) == placed


def test_a_newer_version_is_told_with_the_one_that_is_known() -> None:
    (placed,) = log_of(new_order_id(), 1)
    body = dump_event(placed).replace("/order_placed/2", "/order_placed/3")
    with pytest.raises(FromTheFuture, match="schema version 3 of order_placed is newer than 2"):
        read_event(body)
