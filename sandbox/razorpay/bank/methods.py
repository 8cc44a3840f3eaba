"""Ways to pay: cards, UPI, netbanking and wallets, with Razorpay's test data."""

import secrets
from dataclasses import dataclass

from sandbox.razorpay.identity import new_id

METHODS = ("card", "upi", "netbanking", "wallet")
REFERENCE_KEYS = {
    "card": ("auth_code",),
    "upi": ("rrn",),
    "netbanking": ("bank_transaction_id",),
    "wallet": ("transaction_id",),
}
DEFAULT_BANK = "HDFC"
DEFAULT_WALLET = "mobikwik"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """What the customer pays with. Only the last four digits of a card are ever kept."""

    method: str
    card_last4: str | None = None
    card_name: str = ""
    card_network: str = "Visa"
    international: bool = False
    upi_flow: str = "collect"
    bank: str | None = None
    wallet: str | None = None
    vpa: str | None = None
    email: str = "customer@example.com"
    contact: str = "+919000090000"

    def card_entity(self) -> dict[str, object] | None:
        """Return the `card` object of a payment, or None for another method."""
        if self.method != "card":
            return None
        return {
            "id": new_id("card"),
            "entity": "card",
            "name": self.card_name,
            "last4": self.card_last4,
            "network": self.card_network,
            "type": "credit",
            "issuer": None if self.international else "DCBL",
            "international": self.international,
            "emi": False,
            "sub_type": "consumer",
            "token_iin": None,
        }

    @staticmethod
    def acquirer_data(method: str) -> dict[str, object]:
        """Return what the bank reports for an authorized payment of a method."""
        number = "".join(secrets.choice("0123456789") for _ in range(12))
        if method == "card":
            return {"auth_code": number[:6], "rrn": number}
        if method == "upi":
            return {"rrn": number, "upi_transaction_id": secrets.token_hex(16).upper()}
        return dict.fromkeys(REFERENCE_KEYS[method], number)

    @staticmethod
    def no_acquirer_data(method: str) -> dict[str, object]:
        """Return what stands there before the bank has answered: the same keys, null."""
        return dict.fromkeys(REFERENCE_KEYS[method])


def usual_instrument(method: str) -> Instrument:
    """Return the instrument of a customer about whom nothing else is said."""
    return Instrument(
        method=method,
        card_last4="1007" if method == "card" else None,
        bank=DEFAULT_BANK if method == "netbanking" else None,
        wallet=DEFAULT_WALLET if method == "wallet" else None,
        vpa="success@razorpay" if method == "upi" else None,
    )
