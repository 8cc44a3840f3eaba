import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cancellation import (
    Cut,
    OpenParcel,
    cut_parcel,
    leaves_nothing,
    lines_to_restock,
    open_parcels,
    out_of_reach,
    plan_cuts,
    units_text,
)
from domain.documents import parcel_lines
from domain.errors import LineNotCancellable, ShipmentTooLate
from domain.money import apportion
from domain.order import OrderState
from domain.pricing import OrderLine
from domain.shipment import BEFORE_PICKUP, NEVER_ARRIVED, ShipmentLine, ShipmentState
from tests.domain.orders import (
    NOON,
    TWO_PARCELS,
    book,
    confirmed,
    order_line,
    part,
    placement_of,
)

TOTAL = placement_of().quote.total_paise


def units(**quantities: int) -> tuple[ShipmentLine, ...]:
    return tuple(ShipmentLine(sku=sku, quantity=n) for sku, n in quantities.items())


def parcel(number: int, *, booked: bool = True, **quantities: int) -> OpenParcel:
    return OpenParcel(number=number, lines=units(**quantities), booked=booked)


def plan(
    wanted: Sequence[ShipmentLine], *parcels: OpenParcel, gone: dict[str, int] | None = None
) -> tuple[Cut, ...]:
    return plan_cuts(wanted, ["TEE", "MUG"], parcels, gone or {})


def cut_out(state: OrderState, number: int, taken: dict[str, int]) -> None:
    """Take units out of a parcel, as the workflow does: tell of them, then cancel the parcel."""
    here = [each for each in open_parcels(state) if each.number == number]
    (cut,) = plan_cuts(units(**taken), ["TEE", "MUG"], here, {})
    cut_parcel(state, cut, reason="fewer", by="customer", at=NOON)
    book(state, number, ShipmentState.CANCELLED)


# --- which parcels give ------------------------------------------------------------------------


def test_a_parcel_gives_what_is_wanted_and_keeps_the_rest() -> None:
    assert plan(units(TEE=1), parcel(1, TEE=3, MUG=2)) == (
        Cut(shipment=1, lines=units(TEE=1), rest=units(TEE=2, MUG=2)),
    )


@pytest.mark.parametrize(
    ("parcels", "giving"),
    [
        ([parcel(1, TEE=3), parcel(2, TEE=1)], [(2, 1)]),
        ([parcel(1, TEE=1), parcel(2, TEE=2, booked=False)], [(2, 1)]),
        ([parcel(1, TEE=1, MUG=1), parcel(2, TEE=2)], [(1, 1)]),
        ([parcel(1, MUG=1, booked=False), parcel(2, TEE=2)], [(2, 1)]),
    ],
    ids=["nothing-remains", "not-booked-yet", "the-first-of-equals", "only-who-has-it"],
)
def test_of_several_parcels_the_one_gives_that_costs_the_least(
    parcels: list[OpenParcel], giving: list[tuple[int, int]]
) -> None:
    cuts = plan(units(TEE=1), *parcels)
    assert [(cut.shipment, sum(line.quantity for line in cut.lines)) for cut in cuts] == giving


def test_several_parcels_give_when_one_alone_has_too_little() -> None:
    cuts = plan(units(TEE=3, MUG=1), parcel(1, TEE=2), parcel(2, TEE=2, MUG=1))
    assert cuts == (
        Cut(shipment=2, lines=units(TEE=2, MUG=1)),
        Cut(shipment=1, lines=units(TEE=1), rest=units(TEE=1)),
    )


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (units(HAT=1), r"^lines\[0\].sku: this order has no 'HAT'$"),
        ((*units(TEE=1), *units(TEE=1)), r"^lines\[1\].sku: TEE stands twice"),
        (units(MUG=1, TEE=0), r"^lines\[1\].quantity: must be at least 1$"),
        (units(TEE=-1), r"^lines\[0\].quantity: must be at least 1$"),
        (units(MUG=1, TEE=4), r"^lines\[1\].quantity: 4 of TEE asked for, 3 left to cancel$"),
    ],
)
def test_what_cannot_be_cancelled_is_refused_by_field(
    wanted: tuple[ShipmentLine, ...], reason: str
) -> None:
    with pytest.raises(LineNotCancellable, match=reason):
        plan(wanted, parcel(1, TEE=3, MUG=2))


def test_units_that_have_left_are_too_late() -> None:
    with pytest.raises(ShipmentTooLate, match=r"lines\[0\].quantity: 3 of TEE asked for, 1 still"):
        plan(units(TEE=3), parcel(1, TEE=1), gone={"TEE": 2})
    with pytest.raises(LineNotCancellable, match="4 of TEE asked for, 1 left"):
        plan(units(TEE=4), parcel(1, TEE=1), gone={"TEE": 2})


@given(
    parcels=st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=5
    ),
    dice=st.randoms(use_true_random=False),
)
def test_the_cuts_take_exactly_what_is_wanted(
    parcels: list[tuple[int, int, bool]],
    dice: random.Random,
) -> None:
    open_ones = [
        parcel(number, booked=booked, **{k: n for k, n in (("TEE", tees), ("MUG", mugs)) if n})
        for number, (tees, mugs, booked) in enumerate(parcels, 1)
    ]
    here = sum((_count(one.lines) for one in open_ones), Counter())
    wanted = {sku: dice.randint(1, n) for sku, n in here.items()}
    cuts = plan(units(**wanted), *open_ones)
    assert sum((_count(cut.lines) for cut in cuts), Counter()) == Counter(wanted)
    for cut in cuts:
        held = next(one for one in open_ones if one.number == cut.shipment)
        assert _count(cut.lines) + _count(cut.rest) == _count(held.lines)
        assert cut.lines
    assert len({cut.shipment for cut in cuts}) == len(cuts)


def _count(lines: Sequence[ShipmentLine]) -> Counter[str]:
    return Counter({line.sku: line.quantity for line in lines})


# --- what the order makes of it ------------------------------------------------------------------


@pytest.mark.parametrize("first", [None, *ShipmentState])
def test_a_parcel_is_open_exactly_until_its_pickup(first: ShipmentState | None) -> None:
    state = confirmed(TWO_PARCELS)
    if first:
        book(state, 1, first)
    is_open = first is None or first in BEFORE_PICKUP
    assert [one.number for one in open_parcels(state)] == ([1, 2] if is_open else [2])
    beyond = not is_open and first not in NEVER_ARRIVED
    assert out_of_reach(state) == (Counter(TEE=2) if beyond else Counter())


def test_the_rest_of_a_cut_parcel_is_owed_and_the_cut_is_not() -> None:
    state = confirmed(TWO_PARCELS)
    book(state, 2)
    before = state.owed_paise
    cut_out(state, 2, {"MUG": 1})
    told = state.line_cancellations[0]
    assert (told.number, told.shipment, told.replaced_by) == (1, 2, 3)
    assert state.allocations[2].lines == units(TEE=1, MUG=1)
    assert state.allocations[2].warehouse == "BLR"
    assert state.owed_paise == before - told.amount_paise
    assert state.refund_due_paise == told.amount_paise > 0
    assert lines_to_restock(state, 2) == units(MUG=1)
    assert lines_to_restock(state, 3) == units(TEE=1, MUG=1)


def test_a_parcel_that_keeps_nothing_has_no_successor() -> None:
    state = confirmed(TWO_PARCELS)
    cut_out(state, 2, {"TEE": 1, "MUG": 2})
    assert state.line_cancellations[0].replaced_by is None
    assert (state.replacement_of(2), len(state.allocations)) == (None, 2)
    assert lines_to_restock(state, 2) == units(TEE=1, MUG=2)
    assert state.refund_due_paise == state.line_cancellations[0].amount_paise


def test_cuts_that_take_all_that_would_arrive_end_the_order() -> None:
    state = confirmed(TWO_PARCELS)
    everything = [Cut(shipment=1, lines=units(TEE=2)), Cut(shipment=2, lines=units(TEE=1, MUG=2))]
    assert leaves_nothing(state, everything)
    assert not leaves_nothing(state, everything[:1])
    assert not leaves_nothing(state, [everything[0], Cut(shipment=2, lines=(), rest=units(TEE=1))])
    book(state, 1, ShipmentState.DELIVERED)
    assert not leaves_nothing(state, everything[1:])
    book(state, 1, ShipmentState.LOST)
    assert leaves_nothing(state, everything[1:])


def test_units_are_said_in_words() -> None:
    assert units_text(units(TEE=2, MUG=1)) == "2 × TEE, 1 × MUG"


# --- money, to the paisa -------------------------------------------------------------------------


@given(
    prices=st.lists(st.integers(1, 999_99), min_size=1, max_size=4),
    quantities=st.lists(st.integers(1, 7), min_size=4, max_size=4),
    discount_percent=st.integers(0, 100),
    shipping=st.integers(0, 99_99),
    cod_fee=st.integers(0, 50_00),
    dice=st.randoms(use_true_random=False),
)
def test_whatever_is_sent_apart_or_cancelled_sums_to_what_was_charged(
    prices: list[int],
    quantities: list[int],
    discount_percent: int,
    shipping: int,
    cod_fee: int,
    dice: random.Random,
) -> None:
    """Any partition of a line's units, in any order: the shares sum to the line, to the paisa."""
    lines = _charged_lines(prices, quantities, discount_percent, shipping, cod_fee)
    total = sum(line.charged_paise for line in lines)
    shared = 0
    for line in lines:
        before = 0
        while before < line.quantity:
            taken = dice.randint(1, line.quantity - before)
            (share,) = parcel_lines(lines, units(**{line.sku: taken}), {line.sku: before})
            assert share.charged_paise >= 0
            shared += share.charged_paise
            before += taken
    assert shared == total


def _charged_lines(
    prices: list[int], quantities: list[int], percent: int, shipping: int, cod_fee: int
) -> tuple[OrderLine, ...]:
    gross = [price * n for price, n in zip(prices, quantities, strict=False)]
    discount = sum(gross) * percent // 100
    shares = [apportion(amount, gross) for amount in (discount, shipping, cod_fee)]
    return tuple(
        order_line(
            f"SKU{index}",
            quantities[index],
            unit_price_paise=price,
            gross_paise=gross[index],
            discount_paise=shares[0][index],
            shipping_paise=shares[1][index],
            cod_fee_paise=shares[2][index],
        )
        for index, price in enumerate(prices)
    )


def test_the_example_of_the_document_is_what_happens() -> None:
    """docs/refunds.md: three notebooks at ₹299, 10 % off, ₹49 shipping."""
    line = order_line(
        "NOTE",
        3,
        unit_price_paise=29_900,
        gross_paise=89_700,
        discount_paise=8_970,
        shipping_paise=4_900,
    )
    units_of_line = [parcel_lines((line,), units(NOTE=1), {"NOTE": n})[0] for n in range(3)]
    assert [each.charged_paise for each in units_of_line] == [28_543, 28_543, 28_544]
    assert [each.other_charges_paise for each in units_of_line] == [1_633, 1_633, 1_634]
    (rest,) = parcel_lines((line,), units(NOTE=2), {})
    assert rest.charged_paise == 57_086


@given(dice=st.randoms(use_true_random=False))
def test_cut_after_cut_the_values_and_the_rest_sum_to_the_total(
    dice: random.Random,
) -> None:
    state = confirmed((part("PNQ", TEE=2, MUG=1), part("BLR", TEE=1, MUG=1)))
    restocked: Counter[str] = Counter()
    for _ in range(4):
        if not (openings := open_parcels(state)):
            break
        one = dice.choice(openings)
        taken = {line.sku: dice.randint(0, line.quantity) for line in one.lines}
        if any(taken.values()):
            cut_out(state, one.number, {sku: n for sku, n in taken.items() if n})
            restocked += _count(lines_to_restock(state, one.number))
        cancelled = sum(told.amount_paise for told in state.line_cancellations)
        assert state.owed_paise + cancelled == TOTAL
        assert state.refund_due_paise == cancelled
        held = sum((_count(each.lines) for each in open_parcels(state)), Counter())
        assert held + restocked == Counter(TEE=3, MUG=2)
