"""Money is an integer number of paise; these functions print and divide it without losing any."""

from collections.abc import Sequence

CURRENCY = "INR"


def format_inr(paise: int) -> str:
    """Return paise as rupees in Indian grouping: `₹1,49,900`, `₹12.50` (whole: no decimals)."""
    sign = "-" if paise < 0 else ""
    rupees, rest = divmod(abs(paise), 100)
    digits = str(rupees)
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    whole = ",".join([*groups, tail])
    return f"{sign}₹{whole}.{rest:02d}" if rest else f"{sign}₹{whole}"


def apportion(total_paise: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights so that the parts sum to it exactly (largest remainder first).

    Ties go to the earlier part, so the result is the same in each process.

    Raises:
        ValueError: a weight is negative, or something is to be divided over no weight at all.
    """
    if any(weight < 0 for weight in weights):
        msg = "weights must not be negative"
        raise ValueError(msg)
    whole = sum(weights)
    if whole == 0:
        if total_paise:
            msg = "cannot apportion an amount over no weight"
            raise ValueError(msg)
        return [0] * len(weights)
    parts = [total_paise * weight // whole for weight in weights]
    remainders = [total_paise * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in by_remainder[: total_paise - sum(parts)]:
        parts[index] += 1
    return parts


def percent_of(amount_paise: int, percent: int) -> int:
    """Return the given percentage, rounded half up to the paisa."""
    return (amount_paise * percent + 50) // 100


def share_between(amount_paise: int, quantity: int, before: int, after: int) -> int:
    """Return what the units after `before` up to `after` have of an amount for `quantity` units.

    A difference of two cumulative roundings: however the units are divided, the shares sum to it.
    """
    return amount_paise * after // quantity - amount_paise * before // quantity
