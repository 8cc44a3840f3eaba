"""GST on prices that include it: where the supply takes place, which tax applies, and its split.

Sources: IGST Act s.10(1)(ca) and Circular 209/3/2024 (the place of supply of goods sold to an
unregistered buyer is the delivery state); s.10(1)(a) and (b) (to a registered one: where the goods
end, or the biller's principal place if they are sent elsewhere on the biller's word); CGST Rule 46.
Union territories without a legislature levy UTGST in the place of SGST.
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
OTHER_TERRITORY = "Other Territory"
"""Where no state is, such as the exclusive economic zone. Nobody there gets parcels."""
_BY_CODE = {code: name for name, code in STATE_CODES.items()} | {
    "97": OTHER_TERRITORY,
    # Registrations from before Daman and Diu was merged and Andhra Pradesh was divided.
    "25": "Dadra and Nagar Haveli and Daman and Diu",
    "28": "Andhra Pradesh",
}
_BY_FOLDED_NAME = {name.casefold(): name for name in STATE_CODES}
WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38"})
"""Union territories where UTGST takes the place of SGST (UTGST Act s.1(2))."""


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


def state_of_code(code: str) -> str | None:
    """Return the state of a GSTIN's first two digits, or None if there is none such."""
    return _BY_CODE.get(code)


def code_of_state(name: str) -> str:
    """Return the code of a canonical state."""
    return "97" if name == OTHER_TERRITORY else STATE_CODES[name]


def place_of_supply(delivery_state: str, gstin: str | None = None) -> str:
    """Return the state whose tax is due on goods that are delivered to `delivery_state`.

    A registered buyer's state is that of the (valid) GSTIN: where both states differ, the buyer has
    the goods sent to somebody or somewhere outside the registration, a bill-to/ship-to supply.
    """
    registered = state_of_code(gstin[:2]) if gstin else None
    return registered or delivery_state


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
    if code_of_state(place_of_supply) in WITHOUT_LEGISLATURE:
        return TaxSplit(taxable_paise=amount_paise - 2 * half, cgst_paise=half, utgst_paise=half)
    return TaxSplit(taxable_paise=amount_paise - 2 * half, cgst_paise=half, sgst_paise=half)


def share_of_split(whole: TaxSplit, taken: TaxSplit, amount_paise: int) -> TaxSplit:
    """Take an amount out of what was split, with its share of the tax.

    `taken` is what was taken out before, by this function. Shares are differences of cumulative
    roundings, halves stay equal, no part is negative, and none exceeds the whole's tax. What is
    taken out to the last paisa in amounts of four paise or more sums to the whole part by part;
    smaller amounts may be too small for the tax of their share and leave some of it untaken.
    """
    after = taken.total_paise + amount_paise

    def share(part: int, taken_part: int, most: int) -> int:
        return min(part * after // whole.total_paise - taken_part, most) if part else 0

    half = amount_paise // 2
    cgst = share(whole.cgst_paise, taken.cgst_paise, half)
    sgst = share(whole.sgst_paise, taken.sgst_paise, half)
    utgst = share(whole.utgst_paise, taken.utgst_paise, half)
    igst = share(whole.igst_paise, taken.igst_paise, amount_paise)
    return TaxSplit(
        taxable_paise=amount_paise - cgst - sgst - utgst - igst,
        cgst_paise=cgst,
        sgst_paise=sgst,
        utgst_paise=utgst,
        igst_paise=igst,
    )
