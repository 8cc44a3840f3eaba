"""A sandbox with its clockwork stopped, a seller logged in, and a real webhook receiver."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.courier.seller import Seller, WebhookReceiver, receiving, selling


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def seller(receiver: WebhookReceiver) -> AsyncIterator[Seller]:
    async with selling(receiver=receiver) as seller:
        yield seller
