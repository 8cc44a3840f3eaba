"""The faults of a soak: what both providers and the banks do wrong while it lasts."""

import asyncio
from typing import Final

from workers.soak.stack_client import Json, StackClient

WEBHOOKS: Final[Json] = {"loss": 0.1, "duplicate": 0.2, "reorder": 0.1}
RAZORPAY_HTTP: Final[Json] = {
    "lost_answer": 0.05,
    "error_500": 0.03,
    "html_502": 0.02,
    "error_429": 0.02,
    "reset": 0.02,
    "slow_s": 0.5,
    "slow": 0.1,
}
COURIER_HTTP: Final[Json] = {
    "lost_answer": 0.03,
    "error_500": 0.03,
    "html_502": 0.01,
    "reset": 0.01,
    "slow_s": 0.5,
    "slow": 0.1,
}
COURIER_STEP_S: Final = 0.6
REFUND_SETTLES_S: Final = 2.0
REFUND_FAILS_EVERY_S: Final = 15.0
"""How often the bank refuses the next refund; a person retries it."""


def described() -> Json:
    """Return the faults as the result file shows them."""
    return {
        "webhooks": WEBHOOKS,
        "razorpay_http": RAZORPAY_HTTP,
        "courier_http": COURIER_HTTP,
        "refunds": {"settle_s": REFUND_SETTLES_S, "fail_every_s": REFUND_FAILS_EVERY_S},
    }


async def begin(stack: StackClient, seed: int) -> None:
    """Let both providers misbehave from now on."""
    await stack.courier("PUT", "script", {"script": "happy", "step_s": COURIER_STEP_S})
    faults = {"seed": seed, "webhooks": WEBHOOKS}
    await stack.razorpay("PUT", "faults", {**faults, "http": RAZORPAY_HTTP})
    await stack.courier("PUT", "faults", {**faults, "http": COURIER_HTTP})
    await stack.razorpay("PUT", "refunds", {"settle_s": REFUND_SETTLES_S})


async def keep_refusing_refunds(stack: StackClient) -> None:
    """Let the bank refuse a refund now and then, until cancelled."""
    while True:
        await stack.razorpay("PUT", "refunds", {"fail_next": 1})
        await asyncio.sleep(REFUND_FAILS_EVERY_S)


async def end(stack: StackClient) -> None:
    """Let both providers be well again."""
    await stack.razorpay("DELETE", "faults")
    await stack.courier("DELETE", "faults")
    await stack.razorpay("PUT", "refunds", {"fail_next": 0})
