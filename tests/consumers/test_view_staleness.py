import asyncio
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry

from consumers.metrics import ConsumerMetrics
from consumers.view_staleness import ViewStaleness
from domain.errors import StoreUnavailable
from domain.ports import Position
from tests.consumers.doubles import MemoryHeads, TestClock

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "order-view.rules.yml"


class Gauge:
    def __init__(self) -> None:
        self.heads, self.clock, self.registry = MemoryHeads(), TestClock(), CollectorRegistry()
        metrics = ConsumerMetrics(self.registry)
        self.staleness = ViewStaleness(heads=self.heads, clock=self.clock, metrics=metrics)

    async def published(self, order_id: str) -> None:
        await self.heads.advance(order_id, Position(epoch=1, sequence=1), self.clock.now())

    def exported(self) -> float | None:
        return self.registry.get_sample_value("orders_view_staleness_seconds")


async def test_the_age_of_the_oldest_outstanding_event_is_exported() -> None:
    gauge = Gauge()
    await gauge.published("a")
    gauge.clock.advance(3)
    await gauge.published("b")
    gauge.clock.advance(2)
    assert await gauge.staleness.once() == 5
    await gauge.heads.caught_up("a", Position(epoch=1, sequence=1))
    await gauge.staleness.once()
    assert gauge.exported() == 2
    await gauge.heads.caught_up("b", Position(epoch=1, sequence=1))
    await gauge.staleness.once()
    assert gauge.exported() == 0


async def test_a_store_that_is_away_leaves_the_last_figure_and_the_loop_goes_on() -> None:
    gauge = Gauge()
    await gauge.published("a")
    gauge.clock.advance(4)
    await gauge.staleness.once()
    gauge.heads.error = StoreUnavailable("away")
    stop = asyncio.Event()
    running = asyncio.create_task(gauge.staleness.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await running
    assert gauge.exported() == 4


def test_each_alarm_asks_for_a_metric_that_is_exported_and_says_what_to_do() -> None:
    registry = CollectorRegistry()
    ConsumerMetrics(registry)
    names = {f"{metric.name}{suffix}" for metric in registry.collect() for suffix in ("", "_total")}
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    assert len(group["rules"]) >= 3
    for rule in group["rules"]:
        assert any(name in rule["expr"] for name in names), rule["expr"]
        assert rule["annotations"]["action"]
