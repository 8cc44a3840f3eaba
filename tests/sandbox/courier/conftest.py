"""One sandbox and one webhook receiver for the whole run, in a thread with its own event loop.

Tests talk to them over real HTTP. Each finds the switches in their resting position and the
clockwork stopped; parcels and clock are shared, so tests use parcels of their own.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from sandbox.courier.app import create_app
from tests.sandbox.courier.seller import (
    Seller,
    WebhookReceiver,
    logged_in,
    receiving,
    sandbox_config,
)
from tests.sandbox.courier.serving import serving

STARTS_WITHIN_S = 15


@dataclass
class RunningSandbox:
    """Where the sandbox is, and what its webhooks said."""

    url: str = ""
    receiver: WebhookReceiver = field(default_factory=WebhookReceiver)
    is_ready: threading.Event = field(default_factory=threading.Event)

    async def serve(self, stop: asyncio.Event) -> None:
        async with receiving() as self.receiver:
            app = create_app(sandbox_config(self.receiver))
            async with serving(app) as self.url:
                self.is_ready.set()
                await stop.wait()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    sandbox = RunningSandbox()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(sandbox.serve(stop)))
    thread.start()
    assert sandbox.is_ready.wait(STARTS_WITHIN_S), "the courier sandbox did not start"
    yield sandbox
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
async def seller(running_sandbox: RunningSandbox) -> AsyncIterator[Seller]:
    async with logged_in(running_sandbox.url, running_sandbox.receiver) as seller:
        yield seller
        await seller.http.delete("/_control/faults")
        await seller.http.delete("/_control/switches")
        await seller.switch(wallet="1000000.00")
        await seller.script("happy", 0)


@pytest.fixture
async def own_receiver() -> AsyncIterator[WebhookReceiver]:
    """A receiver for tests that start a sandbox of their own."""
    async with receiving() as receiver:
        yield receiver
