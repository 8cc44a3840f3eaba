"""A tenth of `orders prove-functions`: real orders, real stack, functions against the server."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.workers.stack.stacks import ROOT, clean_environment

ORDERS, SEED = 30, 5
WEBHOOKS = 200


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_orders_whose_webhooks_take_the_functions_way_end_like_their_twins(
    tmp_path: Path,
) -> None:
    out = tmp_path / "proof.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers.cli", "prove-functions"),
        *("--orders", str(ORDERS), "--seed", str(SEED), "--out", str(out)),
        cwd=ROOT,
        env=clean_environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    proof = json.loads(out.read_text())
    assert proof["findings"] == []
    assert proof["webhooks_through_functions"] >= WEBHOOKS, proof
    assert sum(proof["ended"].values()) == 2 * ORDERS
    consumer = proof["consumer"]
    assert consumer["kills"] > 0
    assert consumer["FunctionCrashed"] > 0
    assert consumer["handled"] >= WEBHOOKS
