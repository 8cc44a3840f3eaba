"""Amounts as an invoice prints them: two decimals, Indian grouping, and in words."""

from num2words import num2words

from domain.money import format_inr


def figure(paise: int) -> str:
    """Return an amount without its sign of currency, always with paise: `1,49,900.00`."""
    text = format_inr(paise).replace("₹", "")
    return text if "." in text else f"{text}.00"


def rupees(paise: int) -> str:
    """Return an amount with its sign of currency: `₹1,49,900.00`, `-₹5.00`."""
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{figure(abs(paise))}"


def in_words(paise: int) -> str:
    """Return an amount in words: `Rupees one lakh forty-nine thousand nine hundred only`."""
    whole, rest = divmod(abs(paise), 100)
    text = f"Rupees {_words(whole)}"
    if rest:
        text += f" and {_words(rest)} paise"
    return f"{'Minus ' if paise < 0 else ''}{text} only"


def percentage(rate: float) -> str:
    """Return a rate of tax: `9%`, `2.5%`."""
    return f"{rate:g}%"


def _words(number: int) -> str:
    return str(num2words(number, lang="en_IN")).replace(",", "")
