"""Fixtures of the Razorpay sandbox's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.razorpay.bench import Bench, bench


@pytest.fixture
async def razorpay() -> AsyncIterator[Bench]:
    """A fresh sandbox, and a shop that receives its webhooks."""
    async with bench() as one:
        yield one
