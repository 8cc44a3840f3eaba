"""One real stack for all tests of this folder; each takes customers of its own.

`ORDERS_E2E_DATA=<data folder>` runs the tests against a stack that is up already.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.mongo.connection import close, connect
from adapters.mongo.order_archive import MongoOrderArchive
from tests.e2e.running import data_folder, orders_up
from tests.e2e.shop import Shop
from workers.soak.on_own_stack import SETTINGS as SOAK_SETTINGS
from workers.soak.stack_client import StackClient
from workflows.connection import connect as connect_temporal
from workflows.order_client import OrderClient

PAYMENT_WINDOW_S = 20
COURIER_STEP_S = 0.25
SETTINGS = {
    "ORDERS_PAYMENT_WINDOW_S": str(PAYMENT_WINDOW_S),
    "ORDERS_RETURN_WINDOW_S": "2",
    "ORDERS_LATE_PAYMENT_WINDOW_S": "2",
    "ORDERS_AUTO_PACK": "1",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def stack_data() -> Iterator[Path]:
    """The data folder of a stack that is ready."""
    if given := os.environ.get("ORDERS_E2E_DATA"):
        yield Path(given)
        return
    with data_folder("shared") as data, orders_up(data, SETTINGS):
        yield data


@pytest.fixture(scope="session")
def money_stack() -> Iterator[Path]:
    """The data folder of a stack on which news is overdue, and money due, after seconds."""
    with data_folder("money") as data, orders_up(data, SOAK_SETTINGS):
        yield data


@asynccontextmanager
async def opened_shop(data: Path) -> AsyncIterator[Shop]:
    """A shop over the stack of this folder."""
    async with StackClient.of(data) as client:
        temporal = await connect_temporal(client.addresses["temporal"])
        database = connect(client.addresses["mongodb"], "orders")
        try:
            yield Shop(client, OrderClient(temporal, MongoOrderArchive(database)), database)
        finally:
            await close(database)


@pytest.fixture
async def shop(stack_data: Path) -> AsyncIterator[Shop]:
    """The stack with providers in good health and a quick courier, before and after."""
    async with opened_shop(stack_data) as shop:
        await _calm(shop)
        try:
            yield shop
        finally:
            await _calm(shop)


async def _calm(shop: Shop) -> None:
    await shop.no_razorpay_faults()
    await shop.client.courier("DELETE", "faults")
    await shop.client.courier("DELETE", "switches")
    await shop.courier_pace(COURIER_STEP_S)
