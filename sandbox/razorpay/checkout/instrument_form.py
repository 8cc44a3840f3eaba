"""What the customer typed into the sheet, read as an instrument and its fate."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.bank.attempts import Decline
from sandbox.razorpay.bank.known_instruments import BANKS, CARDS, UPI_APPS, UPI_IDS, WALLETS
from sandbox.razorpay.bank.methods import Instrument

Form = Mapping[str, object]
Chosen = tuple[Instrument, Decline | None]
"""An instrument, and why its payment is going to fail; None if it is going to pass."""

AMEX = "American Express"
INDIAN_MOBILE_DIGITS = 10


def read_instrument(form: Form, *, now: float) -> Chosen:
    """Return what the customer pays with; `now` (unix seconds) decides whether a card has expired.

    Raises:
        ApiError: 400, naming the field.
    """
    email, contact = _email(form), _contact(form)
    readers = {"card": _card, "upi": _upi, "netbanking": _bank, "wallet": _wallet}
    read = readers.get(str(form.get("method")))
    if read is None:
        description = "The selected method is invalid."
        raise invalid_input(description, "method")
    instrument, decline = read(form, now)
    reached = replace(
        instrument, email=email or instrument.email, contact=contact or instrument.contact
    )
    return reached, decline


def _card(form: Form, now: float) -> Chosen:
    given = form.get("card")
    card: Form = given if isinstance(given, dict) else {}
    number = re.sub(r"[\s-]", "", str(card.get("number", "")))
    if number not in CARDS:
        description = "Not a test card. Try 4100 2800 0000 1007, which pays."
        raise invalid_input(description, "card[number]")
    known = CARDS[number]
    if not _lasts(str(card.get("expiry", "")), datetime.fromtimestamp(now, UTC)):
        description = "Your card has expired, or its date is not of the form MM / YY."
        raise invalid_input(description, "card[expiry]")
    digits = 4 if known.network == AMEX else 3
    if not re.fullmatch(rf"[0-9]{{{digits}}}", str(card.get("cvv", ""))):
        description = f"The CVV of this card has {digits} digits."
        raise invalid_input(description, "card[cvv]")
    instrument = Instrument(
        method="card",
        card_last4=number[-4:],
        card_name=str(card.get("name") or ""),
        card_network=known.network,
        international=known.international,
    )
    return instrument, known.decline


def _upi(form: Form, _now: float) -> Chosen:
    if form.get("app"):
        _listed(form, "app", UPI_APPS)
        return Instrument(method="upi", upi_flow="intent", vpa="success@razorpay"), None
    vpa = str(form.get("vpa", "")).strip().lower()
    if vpa not in UPI_IDS:
        description = "Invalid UPI ID. In test mode use success@razorpay or failure@razorpay."
        raise invalid_input(description, "vpa")
    return Instrument(method="upi", vpa=vpa), UPI_IDS[vpa]


def _bank(form: Form, _now: float) -> Chosen:
    bank = _listed(form, "bank", BANKS)
    return Instrument(method="netbanking", bank=bank), None


def _wallet(form: Form, _now: float) -> Chosen:
    wallet = _listed(form, "wallet", WALLETS)
    return Instrument(method="wallet", wallet=wallet), None


def _listed(form: Form, name: str, allowed: Mapping[str, str]) -> str:
    value = form.get(name)
    if not isinstance(value, str) or value not in allowed:
        description = f"Choose a {name}."
        raise invalid_input(description, name)
    return value


def _email(form: Form) -> str | None:
    email = str(form.get("email") or "").strip()
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        description = "Please enter a valid email."
        raise invalid_input(description, "email")
    return email or None


def _contact(form: Form) -> str | None:
    """Return a phone number with its country code; ten digits alone are Indian."""
    contact = re.sub(r"[\s()-]", "", str(form.get("contact") or ""))
    if not contact:
        return None
    if not re.fullmatch(r"\+?[0-9]{8,15}", contact):
        description = "Please enter a valid contact number."
        raise invalid_input(description, "contact")
    if contact.startswith("+"):
        return contact
    return f"+91{contact}" if len(contact) == INDIAN_MOBILE_DIGITS else f"+{contact}"


def _lasts(expiry: str, today: datetime) -> bool:
    form = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})", expiry.strip())
    if form is None:
        return False
    return (2000 + int(form[2]), int(form[1])) >= (today.year, today.month)
