"""The forms in which Shiprocket writes a moment: always Indian time, rarely saying so."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

IST: Final = timezone(timedelta(hours=5, minutes=30))
DAY_S: Final = 86_400


def local(moment: float) -> datetime:
    """Return unix seconds as an aware datetime in Indian time."""
    return datetime.fromtimestamp(moment, tz=UTC).astimezone(IST)


def plain(moment: float | None) -> str | None:
    """Return `2022-07-18 20:28:00`, or None for None."""
    return None if moment is None else local(moment).strftime("%Y-%m-%d %H:%M:%S")


def webhook_stamp(moment: float) -> str:
    """Return `23 05 2023 11:43:52`, the form of `current_timestamp`."""
    return local(moment).strftime("%d %m %Y %H:%M:%S")


def panel(moment: float) -> str:
    """Return `21 Sep 2022 05:28 PM`, the form of order listings."""
    return local(moment).strftime("%d %b %Y %I:%M %p")


def panel_with_comma(moment: float) -> str:
    """Return `12 Mar 2021, 04:16 PM`, the form of NDR rows."""
    return local(moment).strftime("%d %b %Y, %I:%M %p")


def ordinal(moment: float) -> str:
    """Return `28th Aug 2018 07:11 PM`, the form inside `shipments`."""
    at = local(moment)
    special = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    return f"{at.day}{special.get(at.day, 'th')} {at.strftime('%b %Y %I:%M %p')}"


def promise(moment: float) -> str:
    """Return `Jul 01, 2024`, the form of a courier's promised day."""
    return local(moment).strftime("%b %d, %Y")


def php_object(moment: float) -> dict[str, object]:
    """Return the dumped date object of the provider's own language."""
    return {
        "date": local(moment).strftime("%Y-%m-%d %H:%M:%S.%f"),
        "timezone_type": 3,
        "timezone": "Asia/Kolkata",
    }


def day(moment: float) -> str:
    """Return `2026-11-23`."""
    return local(moment).strftime("%Y-%m-%d")


def is_order_date(text: object) -> bool:
    """Tell whether `text` is `yyyy-mm-dd`, with `HH:MM` or `HH:MM:SS` or without."""
    if not isinstance(text, str):
        return False
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            datetime.strptime(text, form).replace(tzinfo=IST)
        except ValueError:
            continue
        return True
    return False
