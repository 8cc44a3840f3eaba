import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catch_up import REPLAY_LIMIT, Mode, attach, contiguous, newer_than, verdict
from domain.events import OrderEvent
from domain.ports import Position
from domain.view import OrderView
from tests.domain.journeys import journey
from tests.domain.orders import ORDER_ID
from tests.domain.test_view import view_of
from tests.fakes.views import FakeEventLog, FakeOrderViews

EVENTS = journey(3, steps=25).events
HEAD = Position(epoch=1, sequence=len(EVENTS))


def at(sequence: int, epoch: int = 1) -> Position:
    return Position(epoch=epoch, sequence=sequence)


@pytest.mark.parametrize(
    ("since", "mode"),
    [
        (None, Mode.SNAPSHOT),
        (at(0), Mode.RESUMED),
        (at(1), Mode.RESUMED),
        (at(500), Mode.RESUMED),
        (at(501), Mode.RESET),
        (at(-1), Mode.RESET),
        (at(2**53 + 1), Mode.RESET),
        (at(10, epoch=2), Mode.RESET),
        (at(10, epoch=0), Mode.RESET),
    ],
)
def test_a_strange_position_is_a_reset_and_never_silence(
    since: Position | None, mode: Mode
) -> None:
    assert verdict(since, at(500)) is mode


@pytest.mark.parametrize(
    ("missed", "mode"),
    [(0, Mode.RESUMED), (REPLAY_LIMIT, Mode.RESUMED), (REPLAY_LIMIT + 1, Mode.RESET)],
)
def test_a_reader_who_missed_too_much_starts_from_a_snapshot(missed: int, mode: Mode) -> None:
    assert verdict(at(7), at(7 + missed)) is mode


@given(
    dice=st.randoms(use_true_random=False),
    kept=st.sets(st.integers(0, len(EVENTS) - 1)),
    after=st.integers(0, len(EVENTS)),
)
def test_the_run_after_a_position_has_no_hole_and_no_repeat(
    dice: random.Random, kept: set[int], after: int
) -> None:
    known = [EVENTS[index] for index in kept]
    foreign = [replace(event, epoch=2) for event in EVENTS]
    mixed = dice.sample([*known, *known, *foreign], len(known) * 2 + len(foreign))
    run = contiguous(mixed, at(after))
    expected = after
    for event in run:
        expected += 1
        assert (event.epoch, event.sequence) == (1, expected)
    assert expected not in kept, "the run ends only where the next event is missing"


async def _attach(
    since: Position | None, stored: Sequence[OrderEvent] = EVENTS
) -> tuple[Mode, Position, OrderView | None, list[int]]:
    log = FakeEventLog()
    await log.append(stored)
    attachment = await attach(FakeOrderViews([view_of(EVENTS)]), log, ORDER_ID, since)
    assert attachment is not None
    sequences = [event.sequence for event in attachment.events]
    return attachment.mode, attachment.position, attachment.snapshot, sequences


@pytest.mark.parametrize("seen", [0, 1, 17, len(EVENTS) - 1, len(EVENTS)])
async def test_a_reader_who_comes_back_gets_exactly_what_was_missed(seen: int) -> None:
    missed = list(range(seen + 1, len(EVENTS) + 1))
    assert await _attach(at(seen)) == (Mode.RESUMED, HEAD, None, missed)


async def test_a_new_reader_gets_a_snapshot_and_its_position() -> None:
    assert await _attach(None) == (Mode.SNAPSHOT, HEAD, view_of(EVENTS), [])


async def test_a_strange_reader_gets_a_snapshot_too() -> None:
    assert await _attach(at(len(EVENTS) + 1)) == (Mode.RESET, HEAD, view_of(EVENTS), [])


async def test_what_the_log_holds_beyond_the_view_is_left_to_the_tail() -> None:
    more = replace(EVENTS[-1], sequence=len(EVENTS) + 1)
    mode, position, _, sequences = await _attach(at(len(EVENTS) - 1), [*EVENTS, more])
    assert (mode, position, sequences) == (Mode.RESUMED, HEAD, [len(EVENTS)])


async def test_an_unknown_order_has_nothing_to_attach_to() -> None:
    assert await attach(FakeOrderViews(), FakeEventLog(), ORDER_ID, None) is None


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (None, [at(n, epoch=2) for n in range(1, 6)]),
        (at(3, epoch=2), [at(4, epoch=2), at(5, epoch=2)]),
        (at(5, epoch=2), []),
        (at(3), [at(n, epoch=2) for n in range(1, 6)]),
        (at(5), [at(n, epoch=2) for n in range(1, 6)]),
        (at(9), [at(n, epoch=2) for n in range(1, 6)]),
        (at(2, epoch=3), []),
    ],
    ids=str,
)
async def test_a_reader_of_another_epoch_gets_the_workflows_whole_log(
    after: Position | None, expected: list[Position]
) -> None:
    log = [replace(event, epoch=2) for event in EVENTS[:5]]

    async def ask(order_id: str, sequence: int) -> Sequence[OrderEvent]:
        assert order_id == ORDER_ID
        return log[sequence:]

    found = await newer_than(ask, ORDER_ID, after)
    assert [Position.of(event) for event in found] == expected
