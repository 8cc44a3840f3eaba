"""Razorpay's published test cards and UPI ids, and what becomes of each."""

from sandbox.razorpay.bank.attempts import PAYMENT_FAILED, TIMED_OUT, Decline

INSUFFICIENT_FUND = Decline(
    reason="insufficient_fund",
    description="Your payment could not be completed due to insufficient account balance. "
    "Try again with another card or payment method.",
)
GATEWAY_TROUBLE = Decline(
    reason="gateway_technical_error",
    description="Your payment could not be completed due to a temporary technical issue. "
    "To complete the payment, use another payment method.",
    source="gateway",
    code="GATEWAY_ERROR",
)
WRONG_OTP = Decline(
    reason="incorrect_otp",
    description="You've entered an incorrect OTP. Try again with the right one.",
    step="payment_authentication",
)
CANCELLED = Decline(
    reason="payment_cancelled",
    description="You may have cancelled the payment or there was a delay in response from the "
    "bank. Try again later.",
    step="payment_authentication",
)

CARDS: dict[str, Decline | None] = {
    "4100280000001007": None,
    "4100280000080001": INSUFFICIENT_FUND,
    "4100280000090000": TIMED_OUT,
    "4100280000020007": GATEWAY_TROUBLE,
}
"""Card number to its decline; None pays."""

UPI_IDS: dict[str, Decline | None] = {
    "success@razorpay": None,
    "failure@razorpay": PAYMENT_FAILED,
}
"""UPI id to its decline; None pays."""

BANKS: dict[str, str] = {"HDFC": "HDFC Bank", "ICIC": "ICICI Bank", "SBIN": "State Bank of India"}
WALLETS: dict[str, str] = {"mobikwik": "MobiKwik", "phonepe": "PhonePe"}

SHORTEST_OTP = 4
LONGEST_OTP = 10


def otp_passes(otp: str) -> bool:
    """Return whether the test bank accepts an OTP: any 4 to 10 digits."""
    return otp.isascii() and otp.isdecimal() and SHORTEST_OTP <= len(otp) <= LONGEST_OTP
