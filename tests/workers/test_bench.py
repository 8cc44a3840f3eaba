import asyncio
import json
import re
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import chain
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.consumers.orders import log_of, new_order_id
from workers.bench import report
from workers.bench.bed import in_flight
from workers.bench.figures import (
    Outcome,
    Row,
    Verdict,
    at_least,
    at_most,
    not_measured,
    percentile,
    spread,
)
from workers.bench.machine import machine
from workers.bench.run import NAMES
from workers.bench.view import one_order_each, ten_orders_each
from workers.cli import create_app

OUTCOME = Outcome(
    name="checkout",
    rows=(
        Row(what="p50 over bare", figure="5.0×", target="≤ 4×", verdict=Verdict.MISSED),
        Row(what="p99", figure="90 ms", beside="bare 20 ms"),
    ),
    figures={"ratio_p50": 5.0},
)
INDIA = timezone(timedelta(hours=5, minutes=30))


def test_a_percentile_is_one_of_the_samples() -> None:
    samples = [float(number) for number in range(100, 0, -1)]
    assert percentile(samples, 0.5) == 50
    assert percentile(samples, 0.99) == 99
    assert percentile(samples, 1) == 100
    assert percentile([7.0], 0.01) == 7


def test_a_share_that_is_a_hair_above_a_whole_rank_does_not_move_to_the_next() -> None:
    assert 0.07 * 100 > 7
    assert percentile([float(number) for number in range(1, 101)], 0.07) == 7


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_outside_its_limits_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share must be above 0 and at most 1"):
        percentile([1.0], share)


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


def test_the_spread_goes_from_the_least_to_the_greatest() -> None:
    found = spread([3.0, 1.004, 2.0, 10.0])
    assert found == {"samples": 4, "min": 1.0, "p50": 2.0, "p90": 10.0, "p99": 10.0, "max": 10.0}


def test_a_target_that_is_just_reached_is_met() -> None:
    assert [at_most(4.0, 4.0), at_most(4.01, 4.0)] == [Verdict.MET, Verdict.MISSED]
    assert [at_least(1000, 1000), at_least(999.9, 1000)] == [Verdict.MET, Verdict.MISSED]


def test_the_table_says_verdicts_in_words() -> None:
    console = Console(width=200, no_color=True)
    with console.capture() as shown:
        console.print(report.table([OUTCOME]))
    lines = [line for line in shown.get().splitlines() if "p50" in line or "p99" in line]
    assert re.fullmatch(r" ?checkout +p50 over bare +5\.0× +≤ 4× +missed *", lines[0])
    assert re.fullmatch(r" +p99 +90 ms +bare 20 ms +for reference *", lines[1])


def test_the_result_file_is_named_after_the_day_in_utc(tmp_path: Path) -> None:
    night = datetime(2026, 11, 24, 1, 30, tzinfo=INDIA)
    whole = report.write({"a": "₹"}, at=night, only=None, folder=tmp_path / "results")
    part = report.write({"b": 2}, at=night, only="view", folder=tmp_path / "results")
    assert [whole.name, part.name] == ["2026-11-23.json", "2026-11-23-view.json"]
    assert json.loads(whole.read_text()) == {"a": "₹"}


def test_the_result_file_holds_figures_and_the_verdicts_that_were_given() -> None:
    found = report.document([OUTCOME], {"at": "2026-11-23T10:00:00Z"})
    assert found["at"] == "2026-11-23T10:00:00Z"
    assert found["results"]["checkout"] == {
        "verdicts": {"p50 over bare": {"figure": "5.0×", "target": "≤ 4×", "verdict": "missed"}},
        "ratio_p50": 5.0,
    }
    json.dumps(found)


def test_a_benchmark_that_broke_off_stands_in_the_file_with_its_reason() -> None:
    found = report.document([not_measured("view", "StoreUnavailable: gone")], {})
    assert found["results"]["view"]["verdicts"] == {
        "the whole benchmark": {
            "figure": "StoreUnavailable: gone",
            "target": "",
            "verdict": "not measured",
        }
    }


def test_the_facts_of_the_machine_name_neither_host_nor_folder() -> None:
    facts = machine()
    assert facts.keys() == {"cores", "system", "python", "commit", "versions"}
    assert facts["cores"] >= 1
    assert facts["python"].startswith("CPython 3.")
    assert facts["versions"]["temporalio"]
    assert "/" not in json.dumps(facts)


def test_a_lane_of_one_order_is_one_batch_of_its_whole_story() -> None:
    story = log_of(new_order_id(), 10)
    lanes = one_order_each(story, 3)
    batches = [batch for lane in lanes for batch in lane]
    assert len(lanes) == len(batches) == 3
    for (part,) in batches:
        assert [event.sequence for event in part] == list(range(1, 11))
        assert len({event.order_id for event in part} - {story[0].order_id}) == 1


def test_a_lane_of_ten_orders_gives_each_its_events_in_order() -> None:
    lanes = ten_orders_each(log_of(new_order_id(), 10), 20)
    assert [len(lane) for lane in lanes] == [10, 10]
    for lane in lanes:
        for number, batch in enumerate(lane, start=1):
            events = list(chain.from_iterable(batch))
            assert [event.sequence for event in events] == [number] * 10
            assert len({event.order_id for event in events}) == 10
    orders = {event.order_id for lane in lanes for batch in lane for (event,) in batch}
    assert len(orders) == 20


async def test_never_more_than_the_limit_is_in_flight_and_results_keep_their_order() -> None:
    running: list[int] = []
    most = 0

    async def work(number: int) -> int:
        nonlocal most
        running.append(number)
        most = max(most, len(running))
        for _ in range(10 - number):
            await asyncio.sleep(0)
        running.remove(number)
        return number

    done = await in_flight(3, [partial(work, number) for number in range(10)])
    assert done == list(range(10))
    assert most == 3


def test_an_unknown_benchmark_is_refused_by_name() -> None:
    shown = CliRunner().invoke(create_app(), ["bench", "--only", "speed"])
    assert shown.exit_code == 2
    for name in NAMES:
        assert name in shown.output
