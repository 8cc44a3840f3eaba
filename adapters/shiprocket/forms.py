"""Shiprocket's amounts and moments: rupees against our paise, Indian time in many spellings.

Standard library only. Nothing else in the package converts money.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

IST = timezone(timedelta(hours=5, minutes=30))
_ORDINAL = re.compile(r"^(\d{1,2})(st|nd|rd|th)\b")
_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%d %m %Y %H:%M:%S",
    "%d %b %Y, %I:%M %p",
    "%d %b %Y %I:%M %p",
)
_DAY_FORMS = ("%Y-%m-%d", "%b %d, %Y", "%d %b %Y")
_END_OF_DAY = timedelta(hours=23, minutes=59, seconds=59)


def rupees(paise: int) -> float:
    """Return an amount as Shiprocket takes it; exact, because the result has two decimals."""
    return paise / 100


def paise(amount: object) -> int | None:
    """Return an amount that comes as a number or a text of rupees; None if it is none."""
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        return None
    try:
        in_rupees = Decimal(str(amount).replace(",", "").strip())
    except InvalidOperation:
        return None
    return int((in_rupees * 100).to_integral_value()) if in_rupees.is_finite() else None


def moment(value: object) -> datetime | None:
    """Return a moment in UTC from any of Shiprocket's spellings; None if it is empty or unknown.

    A day alone means its end, because it is always a promise.
    """
    if isinstance(value, dict):
        return moment(value.get("date"))
    if not isinstance(value, str):
        return None
    text = _ORDINAL.sub(r"\1", value.strip())
    for form in _FORMS:
        if (read := _read(text, form)) is not None:
            return read.astimezone(UTC)
    for form in _DAY_FORMS:
        if (read := _read(text, form)) is not None:
            return (read + _END_OF_DAY).astimezone(UTC)
    return None


def order_date(at: datetime) -> str:
    """Return a moment as an order's date: Indian time to the minute."""
    return at.astimezone(IST).strftime("%Y-%m-%d %H:%M")


def _read(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=IST)
    except ValueError:
        return None
