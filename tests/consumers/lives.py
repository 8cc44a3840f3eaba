"""A log in which every type that a consumer wants happens once, with real subjects."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from consumers.contract import ALL, ConsumerContract
from domain.events import SUBJECTS, EventData, EventType, OrderEvent
from domain.payment import PaymentStatus
from domain.status import OrderStatus
from tests.consumers.orders import START, new_order_id
from tests.domain.journeys import journey

MOST = 14
"""Events of one log: enough for every promise, few enough to deliver them in every way."""
STATUSES = tuple(OrderStatus)


FEWEST = 6
"""A consumer that hears little of an order hears of several orders."""


def life_for(contract: ConsumerContract) -> list[OrderEvent]:
    """Events that this consumer hears.

    A subscriber of everything hears a log without holes, others hear what falls to them.
    """
    wanted = [each for each in EventType if each in contract.types]
    if len(wanted) > MOST:
        step = len(wanted) / MOST
        wanted = [wanted[int(number * step)] for number in range(MOST)]
    told = wanted if contract.types == ALL else list(EventType)
    orders = [new_order_id() for _ in range(math.ceil(FEWEST / len(wanted)))]
    life = [_event(order, number, each) for order in orders for number, each in enumerate(told, 1)]
    return [event for event in life if event.type in wanted]


def _event(order_id: str, sequence: int, event_type: EventType) -> OrderEvent:
    samples = {name: sample(name) for name in SUBJECTS[event_type]}
    return OrderEvent(
        order_id=order_id,
        epoch=1,
        sequence=sequence,
        type=event_type,
        time=START + timedelta(minutes=sequence),
        data=EventData(
            status=STATUSES[sequence % len(STATUSES)],
            payment_status=PaymentStatus.PAID,
            customer_id="cus_1",
            **samples,
        ),
    )


def sample(subject: str) -> Any:
    """A subject as a random life has it; one that no life has is made up of its type."""
    found = _SAMPLES.get(subject)
    return made_up(get_type_hints(EventData)[subject]) if found is None else found


def made_up(annotation: Any) -> Any:
    """A value of a type: the simplest one, with every optional field filled."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if type(None) in arguments:
        return made_up(next(each for each in arguments if each is not type(None)))
    if origin in (tuple, list):
        return origin([made_up(arguments[0])])
    if origin in (dict, Mapping):
        return {}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        hints = get_type_hints(annotation)
        names = [each.name for each in dataclasses.fields(annotation)]
        return annotation(**{name: made_up(hints[name]) for name in names})
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    plain = {str: "x1", int: 1, bool: True, float: 1.0, datetime: START, date: START.date()}
    return plain[annotation]


def _samples(events: Sequence[OrderEvent]) -> dict[str, Any]:
    return {
        name: getattr(event.data, name)
        for event in events
        for name in SUBJECTS[event.type]
        if getattr(event.data, name) is not None
    }


_SAMPLES = _samples([event for seed in range(12) for event in journey(seed).events])
