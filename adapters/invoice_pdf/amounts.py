"""Amounts as an invoice prints them: two decimals, in Indian grouping."""

from domain.money import format_inr


def figure(paise: int) -> str:
    """Return an amount without its sign of currency, always with paise: `1,49,900.00`."""
    text = format_inr(paise).replace("₹", "")
    return text if "." in text else f"{text}.00"


def rupees(paise: int) -> str:
    """Return an amount with its sign of currency: `₹1,49,900.00`, `-₹5.00`."""
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{figure(abs(paise))}"


def percentage(rate: float) -> str:
    """Return a rate of tax: `9%`, `2.5%`."""
    return f"{rate:g}%"
