"""Amounts of rupees in words, counted in lakhs and crores as invoices in India do."""

_SMALL = [
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
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_CRORE, _LAKH, _THOUSAND, _HUNDRED = 10_000_000, 100_000, 1_000, 100


def amount_in_words(paise: int) -> str:
    """Return an amount in words: `Rupees one lakh forty-nine thousand nine hundred only`."""
    whole, rest = divmod(abs(paise), 100)
    text = f"Rupees {number_in_words(whole)}"
    if rest:
        text += f" and {number_in_words(rest)} paise"
    return f"{'Minus ' if paise < 0 else ''}{text} only"


def number_in_words(number: int) -> str:
    """Return a whole number from zero on in words; beyond crores it counts crores of crores."""
    for unit, name in ((_CRORE, "crore"), (_LAKH, "lakh"), (_THOUSAND, "thousand")):
        if number >= unit:
            head, rest = divmod(number, unit)
            return _joined(f"{number_in_words(head)} {name}", rest)
    if number >= _HUNDRED:
        head, rest = divmod(number, _HUNDRED)
        return _joined(f"{_SMALL[head]} hundred", rest)
    if number >= len(_SMALL):
        tens, rest = divmod(number, 10)
        return f"{_TENS[tens - 2]}-{_SMALL[rest]}" if rest else _TENS[tens - 2]
    return _SMALL[number]


def _joined(head: str, rest: int) -> str:
    if not rest:
        return head
    between = " and " if rest < _HUNDRED else " "
    return f"{head}{between}{number_in_words(rest)}"
