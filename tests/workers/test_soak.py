"""What a soak counts as right, and whom it kills."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain.reconciliation import Difference, DifferenceKind, ReconciliationReport
from tests.domain.ledgers import DAY
from workers.soak import crashes, settling
from workers.soak.invariants import at_rest, invoiced_paise, kept_paise, owed_paise, worth_paise

Json = dict[str, Any]


def paid(*entries: tuple[str, int], refunds: tuple[tuple[str, int], ...] = ()) -> Json:
    """An order of one delivered parcel worth 1000 paise, with these entries and refunds."""
    return {
        "status": "completed",
        "payment_status": "paid",
        "shipments": [{"number": 1, "state": "delivered"}],
        "payments": [{"kind": kind, "amount_paise": amount} for kind, amount in entries],
        "refunds": [{"status": status, "amount_paise": amount} for status, amount in refunds],
        "documents": [{"kind": "invoice", "shipment": 1, "amount_paise": 1000}],
    }


@pytest.mark.parametrize(
    ("view", "rests"),
    [
        (paid(("captured", 1000)), True),
        (paid(("cod_collected", 1000)), True),
        (paid(("captured", 1000), ("captured", 1000)), False),
        (paid(("captured", 1000), ("captured", 1000), refunds=(("processed", 1000),)), True),
        (paid(("captured", 1000), ("captured", 1000), refunds=(("initiated", 1000),)), False),
        (paid(("captured", 1000), ("captured", 1000), refunds=(("failed", 1000),)), False),
        (
            paid(
                ("captured", 1000),
                ("captured", 1000),
                refunds=(("failed", 1000), ("processed", 1000)),
            ),
            True,
        ),
        (paid(("captured", 1000), ("dispute_lost", 1000)), True),
        (paid(("captured", 1000), refunds=(("processed", 1000),)), False),
        (paid(("captured", 1000)) | {"status": "delivered"}, False),
        (paid(("captured", 1000)) | {"payment_status": "authorized"}, False),
    ],
)
def test_an_order_rests_when_it_keeps_what_it_may(view: Json, rests: bool) -> None:
    assert at_rest(view) is rests


def test_a_parcel_that_came_back_is_worth_nothing_and_its_credit_note_says_so() -> None:
    view = paid(("captured", 1000), refunds=(("manual", 1000),))
    view["shipments"][0]["state"] = "rto_delivered"
    assert (worth_paise(view), kept_paise(view), owed_paise(view)) == (0, 0, 0)
    assert invoiced_paise(view) == 1000
    view["documents"].append({"kind": "credit_note", "shipment": 1, "amount_paise": 1000})
    assert invoiced_paise(view) == 0


def test_each_difference_of_the_day_is_a_finding() -> None:
    difference = Difference(kind=DifferenceKind.MONEY_KEPT, subject="ord_1", found_paise=7)
    report = ReconciliationReport(day=DAY, rows=1, matched=1, orders=1, differences=(difference,))
    (finding,) = settling.findings_of(report)
    assert "money_kept ord_1" in finding
    assert "theirs 7" in finding
    assert settling.described(report)["differences"] == 1


async def test_only_the_worker_of_this_stack_is_killed(tmp_path: Path) -> None:
    def started(data: Path, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import time; time.sleep(60)", name, "all"]
        return subprocess.Popen(command, env={"ORDERS_DATA_DIR": str(data)})

    ours, theirs = started(tmp_path, "worker"), started(tmp_path / "other", "worker")
    died: Counter[str] = Counter()
    killing = asyncio.create_task(crashes.keep_killing(tmp_path, 0.05, random.Random(3), died))
    try:
        assert await asyncio.to_thread(ours.wait, 10) == -9
        assert theirs.poll() is None
        assert await asyncio.to_thread(crashes.find, tmp_path, "consumer") is None
    finally:
        killing.cancel()
        for each in (ours, theirs):
            each.kill()
            each.wait()
    assert died["worker"] >= 1
