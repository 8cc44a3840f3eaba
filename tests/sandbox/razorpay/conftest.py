"""Fixtures of the Razorpay sandbox's tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.razorpay.bench import Bench, Shops, bench, serving_shops


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def shops() -> AsyncIterator[Shops]:
    """Receivers of webhooks."""
    async with serving_shops() as one:
        yield one


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def razorpay(shops: Shops) -> AsyncIterator[Bench]:
    """One sandbox for all tests that mind nothing but their own orders."""
    async with bench(shops) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="package")
async def fresh_razorpay(shops: Shops) -> AsyncIterator[Bench]:
    """A sandbox of the test's own: for faults, the clock, webhooks and lists."""
    async with bench(shops) as one:
        yield one
