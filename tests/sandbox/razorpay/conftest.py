"""Fixtures of the Razorpay sandbox's tests."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.sandbox.razorpay.bench import Bench, bench


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def razorpay() -> AsyncIterator[Bench]:
    """One sandbox for all tests that mind nothing but their own orders."""
    async with bench() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="package")
async def fresh_razorpay() -> AsyncIterator[Bench]:
    """A sandbox of the test's own: for faults, the clock, webhooks and lists."""
    async with bench() as one:
        yield one
