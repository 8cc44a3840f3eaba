import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.order import Allocation
from domain.shipment import BEFORE_PICKUP, ENDED, FORWARD, NEVER_ARRIVED, ShipmentState
from domain.status import (
    ENDED_PARCELS,
    LIVE_PARCELS,
    TRANSITIONS,
    OrderFacts,
    OrderStatus,
    derive_status,
)
from tests.domain.journeys import journey
from tests.domain.orders import ONE_PARCEL, TWO_PARCELS, part

S, O = ShipmentState, OrderStatus  # noqa: E741  # as short as the tables below need it

THREE_PARCELS = (part("PNQ", TEE=2), part("BLR", TEE=1, MUG=1), part("DEL", MUG=1))


def status(*parcels: ShipmentState, **facts: bool) -> OrderStatus:
    return derive_status(OrderFacts(confirmed=True, parcels=parcels, **facts))


def test_every_state_of_a_parcel_stands_in_exactly_one_table() -> None:
    live, ended = [s for s, _ in LIVE_PARCELS], [s for s, _ in ENDED_PARCELS]
    assert sorted([*live, *ended]) == sorted(ShipmentState)
    assert set(ended) == ENDED


def test_every_mixture_of_facts_has_a_status() -> None:
    flags = ("confirmed", "expired", "cancelled", "completed", "return_open", "all_returned")
    mixtures = [
        parcels
        for size in range(4)
        for parcels in combinations_with_replacement(ShipmentState, size)
    ]
    seen = {
        derive_status(
            OrderFacts(**dict(zip(flags, values, strict=True)), awaiting_shipment=w, parcels=p)
        )
        for values in product([False, True], repeat=len(flags))
        for w in (False, True)
        for p in mixtures
    }
    assert seen == set(OrderStatus)


@given(
    parcels=st.lists(st.sampled_from(ShipmentState), max_size=5),
    flags=st.tuples(*[st.booleans()] * 7),
    seed=st.randoms(use_true_random=False),
)
def test_the_order_of_the_parcels_does_not_matter(
    parcels: list[ShipmentState], flags: tuple[bool, ...], seed: random.Random
) -> None:
    shuffled = seed.sample(parcels, len(parcels))
    assert derive_status(_facts(flags, parcels)) is derive_status(_facts(flags, shuffled))


def _facts(flags: tuple[bool, ...], parcels: list[ShipmentState]) -> OrderFacts:
    confirmed, expired, cancelled, completed, return_open, all_returned, awaiting = flags
    return OrderFacts(
        confirmed=confirmed,
        expired=expired,
        cancelled=cancelled,
        completed=completed,
        return_open=return_open,
        all_returned=all_returned,
        awaiting_shipment=awaiting,
        parcels=parcels,
    )


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (S.BOOKED, O.CONFIRMED),
        (S.PACKED, O.PACKED),
        (S.SHIPPED, O.SHIPPED),
        (S.IN_TRANSIT, O.SHIPPED),
        (S.OUT_FOR_DELIVERY, O.OUT_FOR_DELIVERY),
        (S.ATTEMPT_FAILED, O.DELIVERY_FAILED),
        (S.DELIVERED, O.DELIVERED),
        (S.RTO_INITIATED, O.RETURNING_TO_ORIGIN),
        (S.RTO_DELIVERED, O.RETURNED_TO_ORIGIN),
        (S.LOST, O.DELIVERY_FAILED),
        (S.CANCELLED, O.CANCELLED),
    ],
)
def test_an_order_of_one_parcel_shows_that_parcel(state: ShipmentState, shown: OrderStatus) -> None:
    assert status(state) is shown


@pytest.mark.parametrize(
    ("parcels", "shown"),
    [
        ((S.DELIVERED, S.BOOKED), O.CONFIRMED),
        ((S.DELIVERED, S.OUT_FOR_DELIVERY), O.OUT_FOR_DELIVERY),
        ((S.OUT_FOR_DELIVERY, S.IN_TRANSIT), O.SHIPPED),
        ((S.CANCELLED, S.SHIPPED), O.SHIPPED),
        ((S.DELIVERED, S.LOST), O.DELIVERED),
        ((S.DELIVERED, S.RTO_DELIVERED), O.DELIVERED),
        ((S.LOST, S.RTO_DELIVERED), O.RETURNED_TO_ORIGIN),
        ((S.LOST, S.CANCELLED), O.DELIVERY_FAILED),
    ],
)
def test_of_several_parcels_the_least_advanced_live_one_shows(
    parcels: tuple[ShipmentState, ...], shown: OrderStatus
) -> None:
    assert status(*parcels) is shown


def test_before_confirmation_an_order_waits_for_its_payment() -> None:
    assert derive_status(OrderFacts()) is O.PENDING_PAYMENT
    assert derive_status(OrderFacts(expired=True)) is O.EXPIRED
    assert derive_status(OrderFacts(cancelled=True)) is O.CANCELLED


def test_an_order_with_unbooked_lines_is_only_confirmed() -> None:
    assert status() is O.CONFIRMED
    assert status(S.SHIPPED, awaiting_shipment=True) is O.CONFIRMED


def test_a_cancelled_order_shows_what_could_not_be_stopped_until_it_has_ended() -> None:
    assert status(S.CANCELLED, S.SHIPPED, cancelled=True) is O.SHIPPED
    assert status(S.CANCELLED, S.DELIVERED, cancelled=True) is O.DELIVERED
    assert status(S.CANCELLED, S.LOST, cancelled=True) is O.CANCELLED
    assert status(S.SHIPPED, cancelled=True, awaiting_shipment=True) is O.SHIPPED


def test_completion_and_returns_show_only_on_what_was_delivered() -> None:
    assert status(S.DELIVERED, completed=True) is O.COMPLETED
    assert status(S.RTO_DELIVERED, completed=True) is O.RETURNED_TO_ORIGIN
    assert status(S.DELIVERED, return_open=True) is O.RETURN_REQUESTED
    assert status(S.DELIVERED, completed=True, all_returned=True) is O.RETURNED


# --- every step that an order can take --------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Life:
    """The facts of an order as they can come about; None is a parcel that is not booked yet."""

    parcels: tuple[ShipmentState | None, ...]
    confirmed: bool = False
    expired: bool = False
    called_off: bool = False
    cancelled: bool = False
    completed: bool = False
    return_open: bool = False
    all_returned: bool = False

    @property
    def status(self) -> OrderStatus:
        return derive_status(
            OrderFacts(
                confirmed=self.confirmed,
                expired=self.expired,
                cancelled=self.cancelled,
                completed=self.completed,
                return_open=self.return_open,
                all_returned=self.all_returned,
                awaiting_shipment=None in self.parcels,
                parcels=[state for state in self.parcels if state],
            )
        )

    def next(self) -> Iterator["Life"]:
        """Yield every life that is one event further."""
        if self.expired:
            yield replace(self, expired=False, confirmed=True)
        elif self.confirmed:
            yield from self._parcel_steps()
            yield from self._cancellation()
            yield from self._afterwards()
        elif not self.cancelled:
            yield replace(self, confirmed=True)
            yield replace(self, expired=True)
            yield replace(self, cancelled=True)

    def _parcel_steps(self) -> Iterator["Life"]:
        for index, state in enumerate(self.parcels):
            for step in (*self._first_steps(state), *self._cuts(state)):
                moved = (*self.parcels[:index], step, *self.parcels[index + 1 :])
                yield replace(self, parcels=moved)

    def _first_steps(self, state: ShipmentState | None) -> tuple[ShipmentState, ...]:
        """A parcel is booked, or given up before that: the order or its lines were called off."""
        if state is not None:
            return tuple(FORWARD[state])
        if self.cancelled:
            return ()
        others_go = any(other not in (None, S.CANCELLED) for other in self.parcels)
        return (S.BOOKED, S.CANCELLED) if self.called_off or others_go else (S.BOOKED,)

    def _cuts(self, state: ShipmentState | None) -> tuple[ShipmentState | None, ...]:
        """What is left of a parcel when some of its units are cancelled is booked anew."""
        return (None,) if state in BEFORE_PICKUP and not self.called_off else ()

    def _cancellation(self) -> Iterator["Life"]:
        """An order is cancelled when that was asked for and nothing of it can arrive any more."""
        yield replace(self, called_off=True)
        if self.called_off and all(state in NEVER_ARRIVED for state in self.parcels):
            yield replace(self, cancelled=True)

    def _afterwards(self) -> Iterator["Life"]:
        if self.status is O.DELIVERED:
            yield replace(self, completed=True)
            yield replace(self, return_open=True)
        if self.return_open:
            yield replace(self, return_open=False)
            yield replace(self, return_open=False, all_returned=True)


def _changes_with(parcels: int) -> dict[OrderStatus, set[OrderStatus]]:
    start = Life(parcels=(None,) * parcels)
    seen, to_visit = {start}, [start]
    found: dict[OrderStatus, set[OrderStatus]] = defaultdict(set)
    while to_visit:
        life = to_visit.pop()
        for later in life.next():
            if later.status is not life.status:
                found[life.status].add(later.status)
            if later not in seen:
                seen.add(later)
                to_visit.append(later)
    return found


def test_the_table_of_transitions_is_exactly_what_up_to_three_parcels_can_do() -> None:
    two, three = _changes_with(2), _changes_with(3)
    assert two == three, "three parcels can do something that two cannot: the table may grow"
    assert {old: set(new) for old, new in TRANSITIONS.items() if new} == three


def test_one_parcel_makes_no_step_that_several_could_not() -> None:
    for old, new in _changes_with(1).items():
        assert new <= TRANSITIONS[old]


def test_the_table_knows_every_status() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)
    reached = {O.PENDING_PAYMENT}.union(*TRANSITIONS.values())
    assert reached == set(OrderStatus)


@pytest.mark.parametrize("allocations", [ONE_PARCEL, TWO_PARCELS, THREE_PARCELS], ids=len)
@given(seed=st.integers(0, 2**32))
def test_an_order_on_its_way_only_makes_steps_of_the_table(
    allocations: tuple[Allocation, ...], seed: int
) -> None:
    told = [event.data.status for event in journey(seed, 40, allocations).events]
    for old, new in pairwise(told):
        assert old is new or new in TRANSITIONS[old]
