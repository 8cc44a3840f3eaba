import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation import allocate
from domain.cart import CartItem
from domain.catalogue import StockLevel
from domain.errors import OutOfStock
from domain.order import Allocation
from domain.shipment import ShipmentLine

PINCODES = {"PNQ": "411001", "BLR": "560001", "DEL": "110001"}
PUNE, MYSURU, AGRA, KOLKATA = "411045", "570001", "282001", "700001"


def items(**quantities: int) -> tuple[CartItem, ...]:
    return tuple(CartItem(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


def levels(**stock: dict[str, int]) -> list[StockLevel]:
    return [
        StockLevel(sku=sku, warehouse=code, available=available)
        for code, skus in stock.items()
        for sku, available in skus.items()
    ]


def part(warehouse: str, **quantities: int) -> Allocation:
    lines = tuple(ShipmentLine(sku=sku, quantity=n) for sku, n in quantities.items())
    return Allocation(warehouse=warehouse, lines=lines)


@pytest.mark.parametrize(
    ("pincode", "nearest"), [(PUNE, "PNQ"), (MYSURU, "BLR"), (AGRA, "DEL"), (KOLKATA, "BLR")]
)
def test_the_nearest_warehouse_supplies_what_all_have(pincode: str, nearest: str) -> None:
    stock = levels(PNQ={"TEE": 9}, BLR={"TEE": 9}, DEL={"TEE": 9})
    assert allocate(items(TEE=2), stock, PINCODES, pincode) == (part(nearest, TEE=2),)


def test_one_far_warehouse_is_better_than_two_near_ones() -> None:
    stock = levels(PNQ={"TEE": 9}, BLR={"MUG": 9}, DEL={"TEE": 9, "MUG": 9})
    assert allocate(items(TEE=1, MUG=1), stock, PINCODES, PUNE) == (part("DEL", TEE=1, MUG=1),)


def test_two_warehouses_share_an_order_that_neither_can_supply_alone() -> None:
    stock = levels(PNQ={"TEE": 9}, BLR={"SAREE": 9})
    assert allocate(items(TEE=1, SAREE=1), stock, PINCODES, PUNE) == (
        part("PNQ", TEE=1),
        part("BLR", SAREE=1),
    )


def test_a_line_is_split_when_no_warehouse_has_enough() -> None:
    stock = levels(PNQ={"TEE": 3}, BLR={"TEE": 4}, DEL={"TEE": 1})
    assert allocate(items(TEE=5), stock, PINCODES, PUNE) == (part("PNQ", TEE=3), part("BLR", TEE=2))


def test_every_short_line_is_named() -> None:
    stock = levels(PNQ={"TEE": 1, "MUG": 5, "CAP": 0})
    with pytest.raises(OutOfStock) as refused:
        allocate(items(TEE=2, MUG=5, CAP=1, PEN=1), stock, PINCODES, PUNE)
    assert refused.value.skus == ("TEE", "CAP", "PEN")


@pytest.mark.parametrize("stock", [[], levels(PNQ={"TEE": 1})])
def test_no_lines_come_from_nowhere(stock: list[StockLevel]) -> None:
    assert allocate((), stock, PINCODES, PUNE) == ()


@given(
    stock=st.dictionaries(
        st.tuples(st.sampled_from(sorted(PINCODES)), st.sampled_from(["A", "B", "C"])),
        st.integers(0, 4),
    ),
    wanted=st.dictionaries(st.sampled_from(["A", "B", "C"]), st.integers(1, 5), min_size=1),
    pincode=st.sampled_from([PUNE, MYSURU, AGRA, KOLKATA]),
    seed=st.integers(0, 99),
)
def test_an_allocation_is_exact_possible_and_smallest(
    stock: dict[tuple[str, str], int], wanted: dict[str, int], pincode: str, seed: int
) -> None:
    known = [StockLevel(sku=sku, warehouse=w, available=n) for (w, sku), n in stock.items()]
    shuffled = random.Random(seed).sample(known, len(known))

    def enough(group: tuple[str, ...]) -> bool:
        return all(
            sum(stock.get((w, sku), 0) for w in group) >= quantity
            for sku, quantity in wanted.items()
        )

    sizes = [n for n in range(1, 4) for group in combinations(PINCODES, n) if enough(group)]
    if not sizes:
        with pytest.raises(OutOfStock):
            allocate(items(**wanted), known, PINCODES, pincode)
        return
    found = allocate(items(**wanted), known, PINCODES, pincode)
    taken = [(a.warehouse, line.sku, line.quantity) for a in found for line in a.lines]
    assert len(found) == min(sizes)
    assert all(0 < quantity <= stock[warehouse, sku] for warehouse, sku, quantity in taken)
    assert {sku: sum(n for _, other, n in taken if other == sku) for sku in wanted} == wanted
    assert allocate(items(**wanted), shuffled, PINCODES, pincode) == found
