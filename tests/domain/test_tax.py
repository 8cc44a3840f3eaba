"""Expected values are worked out by hand from the rates, not from the code.

Sources: IGST Act s.5, s.10(1)(ca); CGST Act s.9; UTGST Act s.7 with s.1(2): it extends to the union
territories without a legislature (Andaman and Nicobar Islands 35, Lakshadweep 31, Dadra and Nagar
Haveli and Daman and Diu 26, Ladakh 38, Chandigarh 04). Delhi 07, Puducherry 34 and Jammu and
Kashmir 01 have one and levy SGST.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tax import STATE_CODES, TaxSplit, canonical_state, split_inclusive

STATES = st.sampled_from(sorted(STATE_CODES))
PARTS = ("taxable_paise", "cgst_paise", "sgst_paise", "utgst_paise", "igst_paise")
WITHOUT_LEGISLATURE = {"04", "26", "31", "35", "38"}


def within(state: str, amount_paise: int, rate: int) -> TaxSplit:
    return split_inclusive(amount_paise, rate, supplier_state=state, place_of_supply=state)


def to_karnataka(amount_paise: int, rate: int) -> TaxSplit:
    return split_inclusive(
        amount_paise, rate, supplier_state="Maharashtra", place_of_supply="Karnataka"
    )


def test_a_sale_within_a_state_bears_central_and_state_tax_in_halves() -> None:
    # ₹1,180 at 18 %: ₹1,000 and ₹180, which is ₹90 and ₹90.
    assert within("Maharashtra", 1_180_00, 18) == TaxSplit(
        taxable_paise=1_000_00, cgst_paise=90_00, sgst_paise=90_00
    )


def test_a_sale_to_another_state_bears_integrated_tax() -> None:
    assert to_karnataka(1_180_00, 18) == TaxSplit(taxable_paise=1_000_00, igst_paise=180_00)


@pytest.mark.parametrize(
    "territory",
    [
        "Chandigarh",
        "Dadra and Nagar Haveli and Daman and Diu",
        "Lakshadweep",
        "Andaman and Nicobar Islands",
        "Ladakh",
    ],
)
def test_a_territory_without_a_legislature_levies_union_territory_tax(territory: str) -> None:
    # ₹105 at 5 %: ₹100 and ₹5.
    assert within(territory, 105_00, 5) == TaxSplit(
        taxable_paise=100_00, cgst_paise=2_50, utgst_paise=2_50
    )


@pytest.mark.parametrize("territory", ["Delhi", "Puducherry", "Jammu and Kashmir"])
def test_a_territory_with_a_legislature_levies_state_tax(territory: str) -> None:
    assert within(territory, 105_00, 5) == TaxSplit(
        taxable_paise=100_00, cgst_paise=2_50, sgst_paise=2_50
    )


def test_a_sale_into_a_union_territory_from_elsewhere_bears_integrated_tax() -> None:
    split = split_inclusive(105_00, 5, supplier_state="Punjab", place_of_supply="Chandigarh")
    assert split == TaxSplit(taxable_paise=100_00, igst_paise=5_00)


@pytest.mark.parametrize(
    ("amount", "rate", "taxable", "tax"),
    [
        # 999.00 × 100/105 = 951.428…, 999.00 × 100/118 = 846.610…, 499.99 × 100/112 = 446.419…
        (999_00, 5, 951_43, 47_57),
        (999_00, 18, 846_61, 152_39),
        (499_99, 12, 446_42, 53_57),
        # 1 paisa × 100/118 = 0.847 → 1; 1 × 100/140 = 0.714 → 1; 3 × 100/200 = 1.5 → 2 (half up)
        (1, 18, 1, 0),
        (1, 40, 1, 0),
        (3, 100, 2, 1),
        (999_00, 0, 999_00, 0),
        (0, 18, 0, 0),
    ],
)
def test_tax_is_taken_out_of_the_price_half_up_to_the_paisa(
    amount: int, rate: int, taxable: int, tax: int
) -> None:
    assert to_karnataka(amount, rate) == TaxSplit(taxable_paise=taxable, igst_paise=tax)


def test_the_taxable_value_takes_the_odd_paisa_of_two_equal_halves() -> None:
    # ₹999 at 5 % holds 4,757 paise of tax: 2,378 twice, and one paisa more of taxable value.
    assert within("Maharashtra", 999_00, 5) == TaxSplit(
        taxable_paise=951_44, cgst_paise=23_78, sgst_paise=23_78
    )


@given(
    amount=st.integers(0, 10_00_000_00),
    rate=st.sampled_from([0, 5, 12, 18, 28, 40]),
    supplier=STATES,
    buyer=STATES,
)
def test_the_parts_always_sum_to_what_was_charged(
    amount: int, rate: int, supplier: str, buyer: str
) -> None:
    split = split_inclusive(amount, rate, supplier_state=supplier, place_of_supply=buyer)
    halves = (split.sgst_paise, split.utgst_paise)
    assert split.total_paise == amount
    assert split.tax_paise == amount - split.taxable_paise
    # Half a paisa by rounding, and one more when the halves of the tax leave one over.
    assert 2 * abs(split.taxable_paise * (100 + rate) - amount * 100) <= 3 * (100 + rate)
    if supplier != buyer:
        assert (split.cgst_paise, *halves) == (0, 0, 0)
        return
    territory = STATE_CODES[buyer] in WITHOUT_LEGISLATURE
    assert split.igst_paise == 0
    assert halves == ((0, split.cgst_paise) if territory else (split.cgst_paise, 0))


@given(splits=st.lists(st.builds(TaxSplit, **dict.fromkeys(PARTS, st.integers(0, 99))), max_size=5))
def test_splits_add_up_part_by_part(splits: list[TaxSplit]) -> None:
    total = sum(splits, TaxSplit())
    for part in PARTS:
        assert getattr(total, part) == sum(getattr(split, part) for split in splits)
    assert total.total_paise == sum(split.total_paise for split in splits)


def test_all_36_states_and_territories_have_a_code_of_their_own() -> None:
    assert len(STATE_CODES) == len(set(STATE_CODES.values())) == 36


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("Maharashtra", "Maharashtra"),
        ("  tamil   NADU ", "Tamil Nadu"),
        ("Jammu & Kashmir", "Jammu and Kashmir"),
        ("Bombay", None),
        ("", None),
    ],
)
def test_a_state_is_known_by_its_name_however_it_is_spaced(
    written: str, official: str | None
) -> None:
    assert canonical_state(written) == official
