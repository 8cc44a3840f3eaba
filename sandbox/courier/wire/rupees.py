"""Rupees on the wire, paise inside: the one place where the two meet."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

MOST_RUPEES: Final = 10**12


def to_paise(value: object) -> int | None:
    """Read rupees given as a number or a string; None if it is neither, or absurd."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) > MOST_RUPEES:
        return None
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def as_text(amount_paise: int) -> str:
    """Return `345.00`."""
    return f"{Decimal(amount_paise) / 100:.2f}"


def as_number(amount_paise: int) -> int | float:
    """Return 345 or 123.9: a whole number of rupees loses its point on the provider's wire."""
    whole, rest = divmod(amount_paise, 100)
    return whole if rest == 0 else amount_paise / 100
