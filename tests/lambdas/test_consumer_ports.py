import asyncio
from dataclasses import fields
from typing import Any

import pytest

from consumers.needs import ConsumerPorts
from consumers.registry import discover
from domain.errors import OrderUnavailable
from lambdas.consumer_ports import MAKERS, LazyNews, LazyPorts, NoSuchPort
from workflows import connection, order_client

NOWHERE = {
    "MONGODB_URL": "mongodb://127.0.0.1:1/?directConnection=true",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TEMPORAL_ADDRESS": "127.0.0.1:1",
}


def test_every_port_of_consumers_can_be_made_by_a_function() -> None:
    assert {field.name for field in fields(ConsumerPorts)} - set(MAKERS) == set(), (
        "add a maker to lambdas/consumer_ports.py, and its drivers to PORT_DRIVERS"
    )


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_consumer_can_be_built_without_dialling_anything(name: str) -> None:
    ports = LazyPorts(NOWHERE)
    discover()[name].build(ports.as_ports())
    assert ports.taken


def test_a_port_is_made_once() -> None:
    ports = LazyPorts(NOWHERE)
    assert ports.views is ports.views
    assert ports.taken == {"views"}


def test_a_port_that_functions_cannot_make_says_where_to_add_it() -> None:
    with pytest.raises(NoSuchPort, match=r"'pigeons' has no maker: add one to MAKERS"):
        _ = LazyPorts(NOWHERE).pigeons


async def test_holes_are_left_to_the_server() -> None:
    with pytest.raises(OrderUnavailable, match="leave holes"):
        await LazyPorts(NOWHERE).events_since("ord_1", 0)


class Orders:
    """An `OrderClient` that only listens."""

    def __init__(self, temporal: object, archive: object) -> None:
        self.heard: list[tuple[str, object]] = []

    async def payment_event(self, order_id: str, news: object) -> None:
        self.heard.append((order_id, news))

    async def courier_event(self, order_id: str, news: object) -> None:
        self.heard.append((order_id, news))


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []

    async def connect(address: str, namespace: str) -> object:
        calls.append(f"{address} {namespace}")
        await asyncio.sleep(0)
        return object()

    monkeypatch.setattr(connection, "connect", connect)
    monkeypatch.setattr(order_client, "OrderClient", Orders)
    return calls


async def test_temporal_is_connected_by_the_first_signal_and_kept(dialled: list[str]) -> None:
    news: Any = LazyPorts(NOWHERE).news
    assert isinstance(news, LazyNews)
    assert dialled == []
    await asyncio.gather(*(news.payment_event(f"ord_{n}", n) for n in range(3)))
    await news.courier_event("ord_9", 9)
    assert dialled == ["127.0.0.1:1 default"]
    assert news._orders.heard == [("ord_0", 0), ("ord_1", 1), ("ord_2", 2), ("ord_9", 9)]


async def test_temporal_that_was_away_is_dialled_again(
    dialled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = connection.connect

    async def silent(address: str, namespace: str) -> object:
        message = "transport error"
        raise RuntimeError(message)

    monkeypatch.setattr(connection, "connect", silent)
    news: Any = LazyNews(LazyPorts(NOWHERE)._database, "127.0.0.1:1", "default")
    with pytest.raises(OrderUnavailable, match=r"does not answer at 127\.0\.0\.1:1"):
        await news.payment_event("ord_1", 1)
    monkeypatch.setattr(connection, "connect", answering)
    again: Any = LazyNews(LazyPorts(NOWHERE)._database, "127.0.0.1:1", "default")
    await again.payment_event("ord_1", 1)
    assert len(dialled) == 1
