"""GSTINs of business buyers: their form, and the state in which the buyer is registered.

A GSTIN has fifteen characters: the state's code, the buyer's PAN (five letters, four digits, a
letter), the registration's number within the state (1-9, A-Z), `Z`, and a check character over the
other fourteen. Source: GSTN's structure of the GSTIN, as several public validators compute it
(python-stdnum `in_.gstin`); `27AAPFU0939F1ZV` is valid.
"""

import re
from collections.abc import Iterator

from domain.errors import FieldError
from domain.tax import state_of_code

LENGTH = 15
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
_ENTITY = re.compile(r"[1-9A-Z]")


def normalise_gstin(text: str) -> str:
    """Return a GSTIN as it is printed: capitals, without spaces. Judges nothing."""
    return "".join(text.split()).upper()


def check_character(gstin: str) -> str:
    """Return the character that must follow the first fourteen.

    Weights are 1, 2, 1, 2, … from the left; quotient and remainder of each product by 36 are added.
    """
    total = 0
    for index, character in enumerate(gstin[: LENGTH - 1]):
        quotient, remainder = divmod(_ALPHABET.index(character) * (1 + index % 2), 36)
        total += quotient + remainder
    return _ALPHABET[-total % 36]


def gstin_errors(gstin: str, field: str = "customer.gstin") -> Iterator[FieldError]:
    """Yield what is wrong with a normalised GSTIN: at most one error, the first from the left."""
    wrong = _wrong(gstin)
    if wrong:
        yield FieldError(
            field=field,
            message=wrong,
            remedy="send the GSTIN as the registration certificate shows it, or leave it out",
        )


def _wrong(gstin: str) -> str | None:
    if len(gstin) != LENGTH:
        return f"a GSTIN has {LENGTH} characters, this one has {len(gstin)}"
    if state_of_code(gstin[:2]) is None:
        return "a GSTIN begins with the code of a state, and no state has the code of this one"
    if not _PAN.fullmatch(gstin[2:12]):
        return "characters 3 to 12 of a GSTIN are a PAN: five letters, four digits, a letter"
    if not _ENTITY.fullmatch(gstin[12]) or gstin[13] != "Z":
        return "a PAN in a GSTIN is followed by a digit from 1 to 9 or a letter, and then by Z"
    if gstin[14] != check_character(gstin):
        return "the last character, which checks the others, does not fit them: one is mistyped"
    return None
