"""Cash on delivery: what couriers collected against what they remitted, parcel by parcel."""

from collections.abc import Iterator
from datetime import date, datetime

from domain.catalogue import indian_day
from domain.order_money import OrderMoney
from domain.payment import EntryKind, PaymentEntry
from domain.reconciliation import CashLine, Difference, DifferenceKind

K = DifferenceKind


def cash_lines(order: OrderMoney) -> list[CashLine]:
    """Return an order's cash, parcel by parcel; a remittance's reference is `AWB:UTR`.

    Cash may come in parts; what ops have written off is not waited for.
    """
    collected = {entry.reference: entry for entry in order.of_kind(EntryKind.COD_COLLECTED)}
    remitted = _by_awb(order, EntryKind.COD_REMITTED)
    written_off = _by_awb(order, EntryKind.COD_WRITTEN_OFF)
    return [
        _line(order, awb, collected.get(awb), remitted.get(awb, []), written_off.get(awb, []))
        for awb in sorted(collected.keys() | remitted.keys())
    ]


def cash_of_day(day: date, order: OrderMoney) -> Iterator[CashLine]:
    """Yield the parcels whose cash was collected or remitted on a day."""
    for line in cash_lines(order):
        if day in (_day(line.collected_at), _day(line.remitted_at)):
            yield line


def cash_differences(day: date, order: OrderMoney, overdue: range) -> Iterator[Difference]:
    """Yield what is wrong with an order's cash on a day.

    Args:
        day: of the Indian calendar.
        order: its ledger.
        overdue: the ages in days at which cash that is still out is reported.
    """
    for line in cash_lines(order):
        collected_on, remitted_today = _day(line.collected_at), _day(line.remitted_at) == day
        late = collected_on is not None and (day - collected_on).days in overdue
        if late and line.outstanding_paise > 0:
            yield _difference(K.CASH_NOT_REMITTED, line)
        elif remitted_today and collected_on is None:
            yield _difference(K.CASH_UNKNOWN, line)
        elif remitted_today and line.outstanding_paise:
            yield _difference(K.CASH_DIFFERS, line)


def _by_awb(order: OrderMoney, kind: EntryKind) -> dict[str, list[PaymentEntry]]:
    found: dict[str, list[PaymentEntry]] = {}
    for entry in order.of_kind(kind):
        found.setdefault(entry.reference.partition(":")[0], []).append(entry)
    return found


def _line(
    order: OrderMoney,
    awb: str,
    entry: PaymentEntry | None,
    paid: list[PaymentEntry],
    written_off: list[PaymentEntry],
) -> CashLine:
    utrs = [one.reference.partition(":")[2] for one in paid]
    return CashLine(
        awb=awb,
        order_id=order.order_id,
        collected_paise=entry.amount_paise if entry else 0,
        collected_at=entry.at if entry else None,
        remitted_paise=sum(one.amount_paise for one in paid),
        remitted_at=max((one.at for one in paid), default=None),
        written_off_paise=sum(one.amount_paise for one in written_off),
        utr=", ".join(utr for utr in utrs if utr) or None,
    )


def _difference(kind: DifferenceKind, line: CashLine) -> Difference:
    return Difference(
        kind=kind,
        subject=line.awb,
        order_id=line.order_id,
        expected_paise=line.collected_paise,
        found_paise=line.remitted_paise,
        detail=f"UTR {line.utr}" if line.utr else f"collected on {_day(line.collected_at)}",
    )


def _day(at: datetime | None) -> date | None:
    return indian_day(at) if at else None
