"""Expected values are of python-stdnum 2.2 (`stdnum.in_.gstin`), which computes them on its own."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gstin import check_character, gstin_errors, normalise_gstin
from domain.tax import STATE_CODES, code_of_state, place_of_supply, state_of_code

ALPHABET = string.digits + string.ascii_uppercase


def wrong(gstin: str) -> str | None:
    errors = list(gstin_errors(gstin))
    assert len(errors) <= 1
    return errors[0].message if errors else None


@pytest.mark.parametrize(
    "gstin",
    [
        "27AAPFU0939F1ZV",
        "29AAPFU0939F1ZR",
        "27AAKCR4821M1ZX",
        "29AAKCR4821M1ZT",
        "07AAKCR4821M1ZZ",
    ],
)
def test_a_true_gstin_has_nothing_wrong(gstin: str) -> None:
    assert wrong(gstin) is None


@pytest.mark.parametrize(
    ("gstin", "message"),
    [
        ("27AAPFU0939F1Z", "has 15 characters, this one has 14"),
        ("27AAPFU0939F1ZVV", "has 15 characters, this one has 16"),
        ("", "has 15 characters, this one has 0"),
        ("00AAPFU0939F1ZV", "no state has the code"),
        ("39AAPFU0939F1ZV", "no state has the code"),
        ("MHAAPFU0939F1ZV", "no state has the code"),
        ("27AAPF10939F1ZV", "PAN: five letters, four digits, a letter"),
        ("27AAPFU0939F0ZV", "followed by a digit from 1 to 9 or a letter"),
        ("27AAPFU0939F1YV", "and then by Z"),
        ("27AAPFU0939F1Z-", "one is mistyped"),
        # Common in samples, and wrong: python-stdnum refuses it too.
        ("27ABCDE1234F1Z5", "one is mistyped"),
        # Letters of other alphabets that look like ours, and digits that Unicode calls digits.
        ("27\u0410\u0410\u0420FU0939F1ZV", "PAN"),
        ("27AAPFU\u0966\u096f\u0969\u096fF1ZV", "PAN"),
    ],
)
def test_a_wrong_gstin_is_told_what_is_wrong(gstin: str, message: str) -> None:
    told = wrong(gstin)
    assert told is not None
    assert message in told


def test_the_error_names_field_and_remedy() -> None:
    (error,) = gstin_errors("27ABCDE1234F1Z5", "customer.gstin")
    assert error.field == "customer.gstin"
    assert "leave it out" in error.remedy


@given(st.text(max_size=20))
def test_no_text_breaks_the_check(text: str) -> None:
    assert all(error.remedy for error in gstin_errors(normalise_gstin(text)))


@given(
    code=st.sampled_from(sorted(STATE_CODES.values())),
    pan=st.from_regex(r"[A-Z]{5}[0-9]{4}[A-Z]", fullmatch=True),
    entity=st.sampled_from(ALPHABET[1:]),
    place=st.integers(0, 13),
    other=st.sampled_from(ALPHABET),
)
def test_any_one_character_that_is_mistyped_is_found(
    code: str, pan: str, entity: str, place: int, other: str
) -> None:
    stem = f"{code}{pan}{entity}Z"
    gstin = stem + check_character(stem)
    assert wrong(gstin) is None
    mistyped = gstin[:place] + other + gstin[place + 1 :]
    assert (wrong(mistyped) is None) == (mistyped == gstin)


def test_a_gstin_is_read_as_people_write_it() -> None:
    assert normalise_gstin(" 27aapfu 0939f1zv ") == "27AAPFU0939F1ZV"


@pytest.mark.parametrize(
    ("gstin", "place"),
    [
        (None, "Maharashtra"),
        ("27AAPFU0939F1ZV", "Maharashtra"),
        ("29AAPFU0939F1ZR", "Karnataka"),
        # Registered before Daman and Diu was merged and before Andhra Pradesh was divided.
        ("25AAPFU0939F1ZZ", "Dadra and Nagar Haveli and Daman and Diu"),
        ("28AAPFU0939F1ZT", "Andhra Pradesh"),
        ("97AAPFU0939F1ZO", "Other Territory"),
    ],
)
def test_the_place_of_supply_is_the_registration_or_the_door(gstin: str | None, place: str) -> None:
    assert place_of_supply("Maharashtra", gstin) == place


def test_every_state_is_known_by_its_code() -> None:
    assert {state_of_code(code) for code in STATE_CODES.values()} == set(STATE_CODES)
    assert all(code_of_state(name) == code for name, code in STATE_CODES.items())
    assert code_of_state("Other Territory") == "97"
    assert state_of_code("99") is None
