"""From which warehouses an order's lines come: as few as possible, the nearest first."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, takewhile

from domain.cart import CartItem
from domain.catalogue import StockLevel
from domain.errors import OutOfStock
from domain.order import Allocation
from domain.shipment import ShipmentLine

_Levels = Mapping[str, Mapping[str, int]]


def allocate(
    items: Sequence[CartItem],
    levels: Sequence[StockLevel],
    pincodes: Mapping[str, str],
    pincode: str,
) -> tuple[Allocation, ...]:
    """Return each warehouse's part of the items; `pincodes` says where each warehouse stands.

    Every parcel costs a shipping fee, so the fewest warehouses win; among equals the nearest, where
    the first digit of a PIN code is the postal region. A line may be split when no warehouse alone
    has enough. The same arguments give the same result, whatever the order of the levels.

    Raises:
        OutOfStock: names every SKU that all warehouses together cannot supply.
    """
    stock: dict[str, dict[str, int]] = {}
    for level in levels:
        stock.setdefault(level.warehouse, {})[level.sku] = max(0, level.available)
    short = [item.sku for item in items if _reach(item.sku, stock, stock) < item.quantity]
    if short:
        raise OutOfStock(short)
    nearest_first = sorted(stock, key=lambda code: (*_distance(pincodes[code], pincode), code))
    chosen = next((group for group in _groups(nearest_first) if _suffices(items, stock, group)), ())
    return tuple(_parts(items, stock, chosen))


def _groups(nearest_first: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield groups of warehouses, the smaller first, then the nearer."""
    for size in range(1, len(nearest_first) + 1):
        yield from combinations(nearest_first, size)


def _suffices(items: Sequence[CartItem], stock: _Levels, group: Sequence[str]) -> bool:
    return all(_reach(item.sku, stock, group) >= item.quantity for item in items)


def _reach(sku: str, stock: _Levels, group: Sequence[str] | _Levels) -> int:
    return sum(stock[code].get(sku, 0) for code in group)


def _parts(items: Sequence[CartItem], stock: _Levels, group: Sequence[str]) -> Iterator[Allocation]:
    """Take each line from the nearest warehouse of the group as far as it reaches."""
    left = {item.sku: item.quantity for item in items}
    for code in group:
        taken = {sku: min(wanted, stock[code].get(sku, 0)) for sku, wanted in left.items()}
        left = {sku: wanted - taken[sku] for sku, wanted in left.items()}
        lines = tuple(ShipmentLine(sku=sku, quantity=n) for sku, n in taken.items() if n)
        if lines:
            yield Allocation(warehouse=code, lines=lines)


def _distance(one: str, other: str) -> tuple[int, int]:
    """Return regions apart, then the first digit that differs, the later the nearer."""
    shared = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return abs(int(one[0]) - int(other[0])), -len(list(shared))
