"""Money and moments as people in India write them. `track.js` does the same in the browser."""

from datetime import datetime, timedelta, timezone
from typing import Final

INDIA: Final = timezone(timedelta(hours=5, minutes=30), "IST")
LAST_GROUP: Final = 3


def rupees(amount_paise: int) -> str:
    """Return an amount with Indian grouping; paise only where there are some: `₹1,23,456.50`."""
    whole, paise = divmod(abs(amount_paise), 100)
    digits = str(whole)
    head, tail = digits[:-LAST_GROUP], digits[-LAST_GROUP:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    sign = "-" if amount_paise < 0 else ""
    return f"{sign}₹{','.join([*groups, tail])}" + (f".{paise:02d}" if paise else "")


def moment(at: datetime) -> str:
    """Return a moment in Indian time: `Mon 23 Nov, 5:30 pm`."""
    local = at.astimezone(INDIA)
    hour = local.hour % 12 or 12
    half = "am" if local.hour < 12 else "pm"  # noqa: PLR2004 - noon
    return f"{day(at)}, {hour}:{local.minute:02d} {half}"


def day_in_words(at: datetime, now: datetime) -> str:
    """Return a day in Indian time, with how near it is: `Tue 24 Nov, tomorrow`."""
    distance = (at.astimezone(INDIA).date() - now.astimezone(INDIA).date()).days
    near = {0: ", today", 1: ", tomorrow"}.get(distance, "")
    return f"{day(at)}{near}"


def day(at: datetime) -> str:
    """Return a day in Indian time: `Mon 23 Nov`."""
    local = at.astimezone(INDIA)
    return f"{local:%a} {local.day} {local:%b}"
