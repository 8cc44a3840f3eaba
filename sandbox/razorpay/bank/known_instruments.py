"""Razorpay's published test cards and UPI ids, and what becomes of each.

Source: "Test Card Details" and "Test UPI ID Details" of the Razorpay documentation (April 2026).
"""

from dataclasses import dataclass

from sandbox.razorpay.bank.attempts import Decline

SHORTEST_OTP = 4
LONGEST_OTP = 10

CARD_DECLINED = Decline(
    reason="card_declined",
    description="Your payment did not go through as it was declined by the bank. Try another "
    "payment method or contact your bank.",
    source="bank",
)
INSUFFICIENT_FUND = Decline(
    reason="insufficient_fund",
    description="Your payment could not be completed due to insufficient account balance. Try "
    "another card or payment method.",
)
CARD_TIMED_OUT = Decline(
    reason="payment_timed_out",
    description="Your payment could not be completed due to a temporary issue. Try again later.",
    source="bank",
    step="payment_authentication",
)
CANCELLED = Decline(
    reason="payment_cancelled",
    description="Your payment has been cancelled. Try again or complete the payment later.",
    step="payment_authentication",
)
CARD_DISABLED = Decline(
    reason="card_disabled_for_online_payments",
    description="Your card is disabled for online payments. Please reach to your bank or try with "
    "another card.",
)
CARD_NUMBER_INVALID = Decline(
    reason="card_number_invalid",
    description="You have entered an incorrect card number. Try again.",
)
GATEWAY_TROUBLE = Decline(
    reason="gateway_technical_error",
    description="Your payment did not go through due to a temporary issue. Any debited amount "
    "will be refunded in 4-5 business days.",
    source="gateway",
    code="GATEWAY_ERROR",
)
AUTHENTICATION_FAILED = Decline(
    reason="authentication_failed",
    description="Your payment could not be completed due to incorrect OTP or verification "
    "details. Try another payment method or contact your bank for details.",
    step="payment_authentication",
    code="GATEWAY_ERROR",
)
WRONG_OTP = Decline(
    reason="incorrect_otp",
    description="You've entered an incorrect OTP. Try again with the right one.",
    step="payment_authentication",
)
UPI_FAILED = Decline(
    reason="payment_failed",
    description="Payment was unsuccessful due to a temporary issue. If amount got deducted, it "
    "will be refunded within 5-7 working days.",
    source="gateway",
    step="payment_response",
)
BANK_FAILED = Decline(reason="payment_failed", description="Payment failed", source="bank")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestCard:
    """A card of the test mode: it pays, or its payment fails as `decline` says."""

    network: str
    decline: Decline | None = None
    international: bool = False

    __test__ = False  # The name is Razorpay's; pytest need not look inside.


def _declining(network: str, numbers: dict[str, Decline]) -> dict[str, TestCard]:
    return {number: TestCard(network=network, decline=why) for number, why in numbers.items()}


CARDS: dict[str, TestCard] = {
    "4100280000001007": TestCard(network="Visa"),
    "5500670000001002": TestCard(network="MasterCard"),
    "6527658900001005": TestCard(network="RuPay"),
    "36082800091007": TestCard(network="Diners Club"),
    "340256000401007": TestCard(network="American Express"),
    "5555555555554444": TestCard(network="MasterCard", international=True),
    "5105105105105100": TestCard(network="MasterCard", international=True),
    "5104060000000008": TestCard(network="MasterCard", international=True),
    "4012888888881881": TestCard(network="Visa", international=True),
    **_declining(
        "Visa",
        {
            "4100280000090000": CARD_TIMED_OUT,
            "4100280000080001": INSUFFICIENT_FUND,
            "4100280000070002": CANCELLED,
            "4100280000060003": CARD_DECLINED,
            "4100280000050004": CARD_DECLINED,
            "4100280000040005": CARD_DECLINED,
            "4100280000030006": CARD_DISABLED,
            "4100280000010008": CARD_NUMBER_INVALID,
            "4100280000020007": GATEWAY_TROUBLE,
            "4100280000000009": AUTHENTICATION_FAILED,
        },
    ),
    **_declining(
        "MasterCard",
        {
            "5305620000060000": CARD_TIMED_OUT,
            "5305620000050001": INSUFFICIENT_FUND,
            "5305620000040002": CANCELLED,
            "5305620000030003": CARD_DECLINED,
            "5305620000020004": CARD_DECLINED,
            "5305620000010005": CARD_DECLINED,
            "5305620000000006": CARD_DISABLED,
            "5305620000080008": CARD_NUMBER_INVALID,
            "5305620000090007": GATEWAY_TROUBLE,
            "5305620000070009": AUTHENTICATION_FAILED,
        },
    ),
}
"""Card number to what becomes of a payment with it."""

UPI_IDS: dict[str, Decline | None] = {"success@razorpay": None, "failure@razorpay": UPI_FAILED}
"""UPI id to its decline; None pays."""

UPI_APPS: dict[str, str] = {"gpay": "Google Pay", "phonepe": "PhonePe", "paytm": "Paytm"}
BANKS: dict[str, str] = {
    "HDFC": "HDFC Bank",
    "ICIC": "ICICI Bank",
    "SBIN": "State Bank of India",
    "UTIB": "Axis Bank",
    "KKBK": "Kotak Mahindra Bank",
}
WALLETS: dict[str, str] = {
    "mobikwik": "MobiKwik",
    "phonepe": "PhonePe",
    "amazonpay": "Amazon Pay",
}


def otp_passes(otp: str) -> bool:
    """Return whether the test bank accepts an OTP: any 4 to 10 digits."""
    return otp.isascii() and otp.isdecimal() and SHORTEST_OTP <= len(otp) <= LONGEST_OTP
