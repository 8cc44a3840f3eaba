import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import apportion, format_inr, percent_of

PAISE = st.integers(-10_000_000_00, 10_000_000_00)
WEIGHTS = st.lists(st.integers(0, 10_000_00), min_size=1, max_size=50).filter(any)


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "₹0"),
        (5, "₹0.05"),
        (1_250, "₹12.50"),
        (99_900, "₹999"),
        (1_000_00, "₹1,000"),
        (99_999_99, "₹99,999.99"),
        (1_49_900_00, "₹1,49,900"),
        (12_34_567_89, "₹12,34,567.89"),
        (1_23_45_67_890_00, "₹1,23,45,67,890"),
        (-1_49_900_50, "-₹1,49,900.50"),
    ],
)
def test_rupees_are_grouped_the_indian_way(paise: int, text: str) -> None:
    assert format_inr(paise) == text


@given(paise=PAISE)
def test_no_paisa_is_lost_in_print(paise: int) -> None:
    text = format_inr(paise).replace("₹", "").replace(",", "")
    rupees, _, rest = text.lstrip("-").partition(".")
    sign = -1 if text.startswith("-") else 1
    assert sign * (int(rupees) * 100 + int(rest or 0)) == paise


@given(total=PAISE, weights=WEIGHTS)
def test_parts_sum_to_the_total_exactly(total: int, weights: list[int]) -> None:
    assert sum(apportion(total, weights)) == total


@given(total=PAISE, weights=WEIGHTS)
def test_each_part_is_its_share_to_within_a_paisa(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(apportion(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < whole
        assert weight or part == 0


@given(total=st.integers(0, 10_000_00), weights=WEIGHTS)
def test_a_heavier_line_never_bears_less(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    assert [part for _, part in by_weight] == sorted(parts)


def test_the_largest_remainder_takes_the_odd_paisa() -> None:
    assert apportion(100, [1, 1, 1]) == [34, 33, 33]
    assert apportion(100, [1, 2, 4]) == [14, 29, 57]


def test_nothing_over_no_weight_is_nothing() -> None:
    assert apportion(0, [0, 0]) == [0, 0]
    assert apportion(0, []) == []


def test_an_amount_over_no_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="over no weight"):
        apportion(1, [0, 0])


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        apportion(100, [2, -1])


@pytest.mark.parametrize(
    ("amount", "percent", "expected"),
    [
        (100, 10, 10),
        (105, 10, 11),
        (104, 10, 10),
        (1, 50, 1),
        (99_999, 0, 0),
        (99_999, 100, 99_999),
    ],
)
def test_a_percentage_is_rounded_half_up(amount: int, percent: int, expected: int) -> None:
    assert percent_of(amount, percent) == expected
