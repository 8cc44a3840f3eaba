"""Which parcels give up which units when a customer cancels a part of an order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.errors import LineNotCancellable, ShipmentTooLate
from domain.order import Allocation, OrderState
from domain.shipment import BEFORE_PICKUP, ShipmentLine
from domain.snapshot import LineCancellation


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenParcel:
    """A parcel that can still be taken back: not booked yet, or booked and not picked up."""

    number: int
    lines: tuple[ShipmentLine, ...]
    booked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """What one parcel gives up. The rest, if any, is sent as a parcel of its own instead."""

    shipment: int
    lines: tuple[ShipmentLine, ...]
    rest: tuple[ShipmentLine, ...] = ()


def plan_cuts(
    wanted: Sequence[ShipmentLine],
    ordered: Sequence[str],
    parcels: Sequence[OpenParcel],
    out_of_reach: Mapping[str, int],
) -> tuple[Cut, ...]:
    """Return the cuts that take exactly the wanted units out of parcels that are still here.

    Parcels that are not booked yet give first, then those of which nothing would remain: each
    other one has to be booked anew. `out_of_reach` counts the units that are with the courier or
    the customer.

    Raises:
        LineNotCancellable: an unknown or repeated SKU, or more than is left; names the field.
        ShipmentTooLate: the units are still the customer's, but have left the warehouse.
    """
    _check_form(wanted, ordered)
    _check_supply(wanted, parcels, out_of_reach)
    missing = Counter({line.sku: line.quantity for line in wanted})
    open_parcels, cuts = list(parcels), []
    while missing.total():
        giving = min(open_parcels, key=lambda parcel: _reluctance(parcel, missing))
        open_parcels.remove(giving)
        cut = _cut(giving, missing)
        missing.subtract({line.sku: line.quantity for line in cut.lines})
        cuts.append(cut)
    return tuple(cuts)


def open_parcels(state: OrderState) -> tuple[OpenParcel, ...]:
    """Return the parcels that can still be taken back."""
    return tuple(
        OpenParcel(
            number=number,
            lines=state.allocations[number - 1].lines,
            booked=number in state.shipments,
        )
        for number in state.parcel_numbers
        if number not in state.shipments or state.shipments[number].state in BEFORE_PICKUP
    )


def out_of_reach(state: OrderState) -> Counter[str]:
    """Return the units that are with the courier or with the customer, by SKU."""
    units: Counter[str] = Counter()
    for parcel in state.shipments.values():
        if parcel.state not in BEFORE_PICKUP and not parcel.never_arrived:
            units.update({line.sku: line.quantity for line in parcel.lines})
    return units


def leaves_nothing(state: OrderState, cuts: Sequence[Cut]) -> bool:
    """Tell whether these cuts take all that the customer would have got: the whole order ends."""
    taken = {cut.shipment for cut in cuts if not cut.rest}
    return taken == {parcel.number for parcel in open_parcels(state)} and not out_of_reach(state)


def cut_parcel(
    state: OrderState, cut: Cut, *, reason: str, by: str, at: datetime
) -> LineCancellation:
    """Take units out of a parcel that is about to be given up; the rest becomes another one.

    From the moment the parcel is cancelled, only the rest is owed.
    """
    amount_paise, replaced_by = state.parcel_value_paise(cut.shipment), None
    if cut.rest:
        warehouse = state.allocations[cut.shipment - 1].warehouse
        following = Allocation(warehouse=warehouse, lines=cut.rest, replaces=cut.shipment)
        state.allocations = (*state.allocations, following)
        replaced_by = len(state.allocations)
        amount_paise -= state.parcel_value_paise(replaced_by)
    told = LineCancellation(
        number=len(state.line_cancellations) + 1,
        shipment=cut.shipment,
        lines=cut.lines,
        amount_paise=amount_paise,
        reason=reason,
        by=by,
        at=at,
        replaced_by=replaced_by,
    )
    state.line_cancellations.append(told)
    return told


def lines_to_restock(state: OrderState, number: int) -> tuple[ShipmentLine, ...]:
    """Return what goes back on the shelf when a parcel does not go: the rest of it travels on."""
    lines, following = state.allocations[number - 1].lines, state.replacement_of(number)
    if following is None:
        return lines
    rest = {line.sku: line.quantity for line in state.allocations[following - 1].lines}
    back = {line.sku: line.quantity - rest.get(line.sku, 0) for line in lines}
    return tuple(ShipmentLine(sku=sku, quantity=units) for sku, units in back.items() if units)


def units_text(lines: Sequence[ShipmentLine]) -> str:
    """Return units in words: `2 × TEE, 1 × MUG`."""
    return ", ".join(f"{line.quantity} × {line.sku}" for line in lines)


def _check_form(wanted: Sequence[ShipmentLine], ordered: Sequence[str]) -> None:
    seen: set[str] = set()
    for index, line in enumerate(wanted):
        if line.sku not in ordered:
            msg = f"lines[{index}].sku: this order has no {line.sku!r}"
            raise LineNotCancellable(msg)
        if line.sku in seen:
            msg = f"lines[{index}].sku: {line.sku} stands twice; add up the quantities"
            raise LineNotCancellable(msg)
        if line.quantity < 1:
            msg = f"lines[{index}].quantity: must be at least 1"
            raise LineNotCancellable(msg)
        seen.add(line.sku)


def _check_supply(
    wanted: Sequence[ShipmentLine],
    parcels: Sequence[OpenParcel],
    out_of_reach: Mapping[str, int],
) -> None:
    here: Counter[str] = Counter()
    for parcel in parcels:
        here.update({line.sku: line.quantity for line in parcel.lines})
    for index, line in enumerate(wanted):
        left, gone = here[line.sku], out_of_reach.get(line.sku, 0)
        field = f"lines[{index}].quantity"
        if line.quantity > left + gone:
            msg = f"{field}: {line.quantity} of {line.sku} asked for, {left} left to cancel"
            raise LineNotCancellable(msg)
        if line.quantity > left:
            msg = (
                f"{field}: {line.quantity} of {line.sku} asked for, {left} still here; "
                f"{gone} left with the courier, return them once they are delivered"
            )
            raise ShipmentTooLate(msg)


def _reluctance(parcel: OpenParcel, missing: Counter[str]) -> tuple[bool, bool, bool, int, int]:
    """Rank who gives first; what nothing is wanted of comes last, and never has its turn."""
    taken = sum(min(line.quantity, missing[line.sku]) for line in parcel.lines)
    held = sum(line.quantity for line in parcel.lines)
    return taken == 0, parcel.booked, taken < held, -taken, parcel.number


def _cut(parcel: OpenParcel, missing: Counter[str]) -> Cut:
    taken = {line.sku: min(line.quantity, missing[line.sku]) for line in parcel.lines}
    pairs = [(line.sku, taken[line.sku], line.quantity - taken[line.sku]) for line in parcel.lines]
    return Cut(
        shipment=parcel.number,
        lines=tuple(ShipmentLine(sku=sku, quantity=n) for sku, n, _ in pairs if n),
        rest=tuple(ShipmentLine(sku=sku, quantity=n) for sku, _, n in pairs if n),
    )
