import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.amount_in_words import amount_in_words, number_in_words

VALUES = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
            "thirty",
            "forty",
            "fifty",
            "sixty",
            "seventy",
            "eighty",
            "ninety",
        ],
        [*range(21), *range(30, 100, 10)],
        strict=True,
    )
)
UNITS = {"hundred": 100, "thousand": 1_000, "lakh": 100_000}


def read(words: str) -> int:
    """Read a number below a hundred crore back, as a person does."""
    crores, _, rest = words.rpartition(" crore")
    total = part = 0
    for word in rest.replace("-", " ").split():
        if word in VALUES:
            part += VALUES[word]
        elif word == "hundred":
            part *= 100
        elif word in UNITS:
            total, part = total + part * UNITS[word], 0
        else:
            assert word == "and"
    return (read(crores) * 10_000_000 if crores else 0) + total + part


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "Rupees zero only"),
        (1, "Rupees zero and one paise only"),
        (100, "Rupees one only"),
        (119_99, "Rupees one hundred and nineteen and ninety-nine paise only"),
        (1_000_00, "Rupees one thousand only"),
        (14_990_005, "Rupees one lakh forty-nine thousand nine hundred and five paise only"),
        (1_00_00_001_00, "Rupees one crore and one only"),
        (
            12_34_56_789_00,
            "Rupees twelve crore thirty-four lakh fifty-six thousand seven hundred and eighty-nine"
            " only",
        ),
        (-250, "Minus Rupees two and fifty paise only"),
    ],
)
def test_amounts_are_spoken_in_lakhs_and_crores(paise: int, words: str) -> None:
    assert amount_in_words(paise) == words


@given(st.one_of(st.integers(0, 2_000), st.integers(0, 10**13)))
def test_every_number_reads_back_as_itself(number: int) -> None:
    assert read(number_in_words(number)) == number
