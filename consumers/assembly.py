"""One consumer put together: its handler, what keeps early events, its runner, its own loops."""

from collections.abc import Sequence
from dataclasses import dataclass

from consumers.batch import planner
from consumers.contract import Consumer, HasCompanions, Loop
from consumers.needs import ConsumerPorts
from consumers.parking import Parking
from consumers.registry import ConsumerModule
from consumers.runner import Pace, Runner
from domain.ports import MessageQueue


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembly:
    """What a process runs for one consumer. `parking` is None where no topic feeds the queue."""

    runner: Runner
    companions: Sequence[Loop]
    parking: Parking | None

    @property
    def loops(self) -> Sequence[Loop]:
        """Return everything that runs until the process is told to stop."""
        return (self.runner.run, *self.companions)


def assemble(
    module: ConsumerModule, queue: MessageQueue, ports: ConsumerPorts, pace: Pace | None = None
) -> Assembly:
    """Return a consumer on a queue, ready to run."""
    built = module.build(ports)
    parking = _parking(module, built, ports)
    consumer: Consumer = parking or built
    runner = Runner(
        contract=module.contract,
        queue=queue,
        plan=planner(module.contract, consumer, clock=ports.clock),
        metrics=ports.metrics,
        clock=ports.clock,
        pace=pace,
    )
    if parking is not None:
        parking.turns = runner.turns
    companions = consumer.companions() if isinstance(consumer, HasCompanions) else ()
    return Assembly(runner=runner, companions=companions, parking=parking)


def _parking(module: ConsumerModule, built: Consumer, ports: ConsumerPorts) -> Parking | None:
    if not module.contract.from_topics:
        return None
    return Parking(
        name=module.contract.name,
        consumer=built,  # type: ignore[arg-type]  # the planner refuses one without handle(events)
        parked=ports.parked,
        clock=ports.clock,
        metrics=ports.metrics,
    )
