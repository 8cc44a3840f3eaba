"""One dev server for what happens in real time, one time-skipping server for what takes days."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from tests.services import TemporalServer
from tests.workflows.house import House, connect

SEARCH_ATTRIBUTES = {
    "OrderStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "PaymentStatus": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "CustomerId": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "OrderTotalPaise": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "PaymentMethod": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Attention": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "PromisedBy": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


@pytest.fixture
async def house(temporal_server: TemporalServer) -> AsyncIterator[House]:
    """A house on the dev server."""
    client = await Client.connect(temporal_server.address, data_converter=pydantic_data_converter)
    async with House(client=client).open() as opened:
        yield opened


@pytest.fixture
async def fast_house(time_skipping_server: Path) -> AsyncIterator[House]:
    """A house on a server of its own that skips the time in which nothing happens."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(time_skipping_server)
    ) as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(search_attributes=SEARCH_ATTRIBUTES)
        )
        client = await connect(environment)
        async with House(client=client, environment=environment).open() as opened:
            yield opened
