"""Which tax columns a document has: CGST with SGST or UTGST within a state, IGST across."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.tax import TaxSplit


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxColumn:
    """One tax: its name, its part of the rate, and where its amount stands."""

    name: str
    part: float
    amount: Callable[[TaxSplit], int]

    def rate(self, gst_rate: int) -> float:
        """Return this tax's rate in percent."""
        return gst_rate * self.part


def tax_columns(total: TaxSplit, *, same_state: bool) -> tuple[TaxColumn, ...]:
    """Return the columns; a document without any tax shows those of its route, at nil."""
    if not same_state:
        return (TaxColumn(name="IGST", part=1.0, amount=lambda tax: tax.igst_paise),)
    central = TaxColumn(name="CGST", part=0.5, amount=lambda tax: tax.cgst_paise)
    if total.utgst_paise:
        return central, TaxColumn(name="UTGST", part=0.5, amount=lambda tax: tax.utgst_paise)
    return central, TaxColumn(name="SGST", part=0.5, amount=lambda tax: tax.sgst_paise)
