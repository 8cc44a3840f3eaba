from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

import pytest

from domain.shipment import (
    ENDED,
    FORWARD,
    NEVER_ARRIVED,
    WITH_COURIER,
    CourierUpdate,
    ShipmentState,
    contradicts,
    is_old,
    path_to,
)
from tests.domain.orders import NOON, book, confirmed

S = ShipmentState
PAIRS = list(product(ShipmentState, repeat=2))
DETOURS = {S.CANCELLED, S.ATTEMPT_FAILED}


def reachable(start: ShipmentState) -> set[ShipmentState]:
    """Walk the table, but through no state that is nobody's way to elsewhere."""
    found: set[ShipmentState] = set()
    to_visit = [start]
    while to_visit:
        for step in FORWARD[to_visit.pop()]:
            if step not in found:
                found.add(step)
                if step not in DETOURS:
                    to_visit.append(step)
    return found


def test_the_table_knows_every_state_and_leads_only_to_known_ones() -> None:
    assert set(FORWARD) == set(ShipmentState)
    assert set().union(*FORWARD.values()) | {S.BOOKED} == set(ShipmentState)


def test_every_parcel_can_come_to_an_end_and_an_end_is_final() -> None:
    assert {S.DELIVERED, S.RTO_DELIVERED, S.LOST, S.CANCELLED} == ENDED
    for state in set(FORWARD) - ENDED:
        assert reachable(state) & ENDED
    assert ENDED - {S.DELIVERED} == NEVER_ARRIVED


def test_every_parcel_that_is_picked_up_and_not_at_its_end_is_with_the_courier() -> None:
    assert set(FORWARD) - ENDED - WITH_COURIER == {S.BOOKED, S.PACKED}


@pytest.mark.parametrize(("current", "target"), PAIRS)
def test_a_path_takes_only_steps_of_the_table_and_ends_at_its_target(
    current: ShipmentState, target: ShipmentState
) -> None:
    path = path_to(current, target)
    if not path:
        return
    for before, after in pairwise((current, *path)):
        assert after in FORWARD[before]
    assert path[-1] is target
    assert not DETOURS & set(path[:-1])
    assert len(path) == len(set(path)) <= len(ShipmentState)


@pytest.mark.parametrize(("current", "target"), PAIRS)
def test_there_is_a_path_exactly_to_what_lies_ahead(
    current: ShipmentState, target: ShipmentState
) -> None:
    assert bool(path_to(current, target)) == (target in reachable(current))


def _shorter(current: ShipmentState, target: ShipmentState, steps: int) -> Iterator[object]:
    for path in product(set(ShipmentState) - DETOURS, repeat=steps - 1):
        whole = (current, *path, target)
        if all(b in FORWARD[a] for a, b in pairwise(whole)):
            yield whole


@pytest.mark.parametrize(("current", "target"), PAIRS)
def test_no_path_is_longer_than_it_must_be(current: ShipmentState, target: ShipmentState) -> None:
    path = path_to(current, target)
    if len(path) > 1:
        assert not list(_shorter(current, target, min(len(path) - 1, 3)))


@pytest.mark.parametrize(
    ("current", "target", "path"),
    [
        (S.PACKED, S.DELIVERED, (S.SHIPPED, S.OUT_FOR_DELIVERY, S.DELIVERED)),
        (S.SHIPPED, S.DELIVERED, (S.OUT_FOR_DELIVERY, S.DELIVERED)),
        (S.BOOKED, S.SHIPPED, (S.PACKED, S.SHIPPED)),
        (S.SHIPPED, S.RTO_DELIVERED, (S.RTO_INITIATED, S.RTO_DELIVERED)),
        (S.IN_TRANSIT, S.DELIVERED, (S.OUT_FOR_DELIVERY, S.DELIVERED)),
        (S.RTO_INITIATED, S.DELIVERED, (S.DELIVERED,)),
        (S.ATTEMPT_FAILED, S.DELIVERED, (S.DELIVERED,)),
        (S.ATTEMPT_FAILED, S.IN_TRANSIT, (S.IN_TRANSIT,)),
        (S.SHIPPED, S.ATTEMPT_FAILED, (S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED)),
        (S.IN_TRANSIT, S.LOST, (S.LOST,)),
        (S.OUT_FOR_DELIVERY, S.SHIPPED, ()),
        (S.OUT_FOR_DELIVERY, S.IN_TRANSIT, ()),
        (S.DELIVERED, S.LOST, ()),
        (S.SHIPPED, S.SHIPPED, ()),
        (S.ATTEMPT_FAILED, S.ATTEMPT_FAILED, (S.OUT_FOR_DELIVERY, S.ATTEMPT_FAILED)),
        (S.SHIPPED, S.CANCELLED, ()),
    ],
)
def test_scans_that_are_skipped_are_filled_in_and_old_ones_change_nothing(
    current: ShipmentState, target: ShipmentState, path: tuple[ShipmentState, ...]
) -> None:
    assert path_to(current, target) == path


@pytest.mark.parametrize("state", ShipmentState)
def test_a_parcel_says_of_itself_whether_it_has_ended(state: ShipmentState) -> None:
    parcel = book(confirmed(), parcel_state=state)
    assert parcel.ended == (state in ENDED)
    assert parcel.never_arrived == (state in NEVER_ARRIVED)


def at(second: int, state: ShipmentState = S.ATTEMPT_FAILED) -> CourierUpdate:
    moment = NOON + timedelta(seconds=second)
    return CourierUpdate(shipment=1, awb="AWB1", state=state, at=moment)


@pytest.mark.parametrize(
    ("update", "old"),
    [
        (at(11), False),
        (at(10), True),
        (at(10, S.OUT_FOR_DELIVERY), False),
        (at(9), True),
        (at(9, S.OUT_FOR_DELIVERY), True),
        (at(9, S.IN_TRANSIT), True),
        (at(9, S.DELIVERED), False),
        (at(9, S.RTO_INITIATED), False),
    ],
)
def test_after_a_failed_attempt_the_courier_s_times_tell_a_repeat_from_news(
    update: CourierUpdate, old: bool
) -> None:
    parcel = replace(book(confirmed(), parcel_state=S.ATTEMPT_FAILED), attempts=1)
    assert not is_old(update, parcel), "the first scan of a parcel is news"
    scanned = replace(parcel, scanned_at=NOON + timedelta(seconds=10))
    assert is_old(update, scanned) is old
    assert not is_old(update, replace(scanned, attempts=0)), "before, nothing can go round"


def _moving(state: ShipmentState) -> bool:
    return state in WITH_COURIER or state is S.DELIVERED


@pytest.mark.parametrize(("current", "told"), PAIRS)
def test_the_courier_contradicts_us_where_goods_are_not_where_we_think(
    current: ShipmentState, told: ShipmentState
) -> None:
    gone_for_us = current in (S.CANCELLED, S.LOST) and _moving(told)
    gone_for_them = current is S.DELIVERED and told in (S.RTO_DELIVERED, S.LOST)
    called_off = current in WITH_COURIER and told is S.CANCELLED
    parcel = book(confirmed(), parcel_state=current)
    assert contradicts(at(0, told), parcel) == (gone_for_us or gone_for_them or called_off)
    if contradicts(at(0, told), parcel):
        assert path_to(current, told) == (), "what can be followed is no contradiction"
