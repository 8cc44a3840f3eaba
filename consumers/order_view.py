"""The materialised view: keeps the event log, folds the current state, then announces it live."""

from collections.abc import Sequence

from consumers.contract import (
    ALL,
    FOREVER,
    Atomicity,
    ConsumerContract,
    Idempotency,
    IdempotencyKey,
    Loop,
    OnDuplicate,
    OnMismatch,
    Ordering,
    UnknownType,
)
from consumers.needs import ConsumerPorts
from consumers.view_projection import ViewProjection
from consumers.view_repair import HoleWatch, ViewRepair
from consumers.view_staleness import ViewStaleness
from consumers.view_sweep import ViewSweep
from domain.events import OrderEvent

CONTRACT = ConsumerContract(
    name="order_view",
    types=ALL,
    queue="order-view",
    idempotency=Idempotency(
        key=IdempotencyKey.ORDER_SEQUENCE,
        scope="order and epoch",
        store="MongoDB: the event log (unique), the view (conditional on its sequence)",
        window=FOREVER,
        atomicity=Atomicity.SAME_DOCUMENT,
        on_duplicate=OnDuplicate.NOTHING,
        on_mismatch=OnMismatch.PARK,
    ),
    ordering=Ordering.CONTIGUOUS,
    unknown_type=UnknownType.PARK,
    visibility_s=30,
    max_receive=12,
    replay_safe=True,
    staleness_slo_s=1.0,
)


class OrderViewConsumer:
    """Feeds the projection; a too-early event is kept in the log and acknowledged, not bounced."""

    def __init__(
        self,
        *,
        projection: ViewProjection,
        holes: HoleWatch,
        sweep: ViewSweep,
        staleness: ViewStaleness,
    ) -> None:
        self._projection = projection
        self._holes = holes
        self._sweep = sweep
        self._staleness = staleness

    async def handle(self, events: Sequence[OrderEvent]) -> None:
        """Store, fold and announce one order's events.

        Raises:
            StoreUnavailable: nothing is lost; the same events may come again.
        """
        order_id = events[0].order_id
        progress = await self._projection.apply(order_id, events)
        if progress.missing:
            self._holes.note(order_id, max(event.epoch for event in events))

    def companions(self) -> Sequence[Loop]:
        """Return the repair of holes, the sweep for lost tails, and the measure of staleness."""
        return (self._holes.run, self._sweep.run, self._staleness.run)


def build(ports: ConsumerPorts) -> OrderViewConsumer:
    """Return the consumer with its repairs."""
    projection = ViewProjection(
        log=ports.log, views=ports.views, heads=ports.heads, live=ports.live, builds=ports.builds
    )
    repair = ViewRepair(
        projection=projection, events_since=ports.events_since, metrics=ports.metrics
    )
    holes = HoleWatch(repair=repair, projection=projection, wait_s=ports.view_timing.hole_wait_s)
    sweep = ViewSweep(
        heads=ports.heads,
        repair=repair,
        clock=ports.clock,
        timing=ports.view_timing,
        metrics=ports.metrics,
    )
    staleness = ViewStaleness(heads=ports.heads, clock=ports.clock, metrics=ports.metrics)
    return OrderViewConsumer(projection=projection, holes=holes, sweep=sweep, staleness=staleness)
