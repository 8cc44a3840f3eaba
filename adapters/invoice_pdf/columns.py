"""Which tax columns a document has: CGST with SGST or UTGST within a state, IGST across."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.documents import TaxDocument
from domain.tax import WITHOUT_LEGISLATURE, TaxSplit, code_of_state


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxColumn:
    """One tax: its name, its part of the rate, and where its amount stands."""

    name: str
    part: float
    amount: Callable[[TaxSplit], int]

    def rate(self, gst_rate: int) -> float:
        """Return this tax's rate in percent."""
        return gst_rate * self.part


def tax_columns(document: TaxDocument) -> tuple[TaxColumn, ...]:
    """Return the columns; a document without any tax shows those of its route, at nil."""
    place = document.request.place_of_supply
    if document.supplier.state != place:
        return (TaxColumn(name="IGST", part=1.0, amount=lambda tax: tax.igst_paise),)
    central = TaxColumn(name="CGST", part=0.5, amount=lambda tax: tax.cgst_paise)
    if code_of_state(place) in WITHOUT_LEGISLATURE:
        return central, TaxColumn(name="UTGST", part=0.5, amount=lambda tax: tax.utgst_paise)
    return central, TaxColumn(name="SGST", part=0.5, amount=lambda tax: tax.sgst_paise)
