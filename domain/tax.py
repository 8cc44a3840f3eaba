"""GST on prices that include it: which tax applies, and its split to the paisa.

Sources: IGST Act s.10(1)(ca) and Circular 209/3/2024 (the place of supply of goods sold to an
unregistered buyer is the delivery state); CGST Rule 46. Union territories without a legislature
levy UTGST in the place of SGST.
"""

from dataclasses import dataclass

STATE_CODES = {
    "Jammu and Kashmir": "01",
    "Himachal Pradesh": "02",
    "Punjab": "03",
    "Chandigarh": "04",
    "Uttarakhand": "05",
    "Haryana": "06",
    "Delhi": "07",
    "Rajasthan": "08",
    "Uttar Pradesh": "09",
    "Bihar": "10",
    "Sikkim": "11",
    "Arunachal Pradesh": "12",
    "Nagaland": "13",
    "Manipur": "14",
    "Mizoram": "15",
    "Tripura": "16",
    "Meghalaya": "17",
    "Assam": "18",
    "West Bengal": "19",
    "Jharkhand": "20",
    "Odisha": "21",
    "Chhattisgarh": "22",
    "Madhya Pradesh": "23",
    "Gujarat": "24",
    "Dadra and Nagar Haveli and Daman and Diu": "26",
    "Maharashtra": "27",
    "Karnataka": "29",
    "Goa": "30",
    "Lakshadweep": "31",
    "Kerala": "32",
    "Tamil Nadu": "33",
    "Puducherry": "34",
    "Andaman and Nicobar Islands": "35",
    "Telangana": "36",
    "Andhra Pradesh": "37",
    "Ladakh": "38",
}
_BY_FOLDED_NAME = {name.casefold(): name for name in STATE_CODES}
_WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxSplit:
    """An inclusive amount taken apart; the five parts sum to it exactly."""

    taxable_paise: int = 0
    cgst_paise: int = 0
    sgst_paise: int = 0
    utgst_paise: int = 0
    igst_paise: int = 0

    @property
    def total_paise(self) -> int:
        """Return the inclusive amount that was split."""
        return self.taxable_paise + self.tax_paise

    @property
    def tax_paise(self) -> int:
        """Return all tax in the amount."""
        return self.cgst_paise + self.sgst_paise + self.utgst_paise + self.igst_paise

    def __add__(self, other: "TaxSplit") -> "TaxSplit":
        """Add part by part."""
        return TaxSplit(
            taxable_paise=self.taxable_paise + other.taxable_paise,
            cgst_paise=self.cgst_paise + other.cgst_paise,
            sgst_paise=self.sgst_paise + other.sgst_paise,
            utgst_paise=self.utgst_paise + other.utgst_paise,
            igst_paise=self.igst_paise + other.igst_paise,
        )


def canonical_state(name: str) -> str | None:
    """Return the official name of a state or union territory, or None if there is none such."""
    folded = " ".join(name.replace("&", "and").split()).casefold()
    return _BY_FOLDED_NAME.get(folded)


def split_inclusive(
    amount_paise: int, rate: int, *, supplier_state: str, place_of_supply: str
) -> TaxSplit:
    """Take GST out of an amount that includes it.

    Within one state CGST equals SGST (or UTGST) exactly and the taxable value takes the odd paisa,
    so that the parts always sum to what was charged. States are canonical names.
    """
    taxable = (amount_paise * 200 + 100 + rate) // (2 * (100 + rate))
    tax = amount_paise - taxable
    if supplier_state != place_of_supply:
        return TaxSplit(taxable_paise=taxable, igst_paise=tax)
    half = tax // 2
    if STATE_CODES[place_of_supply] in _WITHOUT_LEGISLATURE:
        return TaxSplit(taxable_paise=amount_paise - 2 * half, cgst_paise=half, utgst_paise=half)
    return TaxSplit(taxable_paise=amount_paise - 2 * half, cgst_paise=half, sgst_paise=half)
