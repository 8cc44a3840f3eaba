"""The answer to a checkout."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.payment import PaymentOrder
from domain.status import OrderStatus


class PaymentBody(BaseModel):
    """What the payment sheet needs."""

    razorpay_order_id: str = Field(examples=["order_9A33XWu170gUtm"])
    key_id: str = Field(examples=["rzp_test_1DP5mmOlF5G5ag"])
    amount_paise: int
    currency: str
    expires_at: datetime

    @classmethod
    def of(cls, payment: PaymentOrder | None) -> "PaymentBody | None":
        """Return the body of a payment order, None when nothing is to be paid now."""
        if payment is None:
            return None
        return cls(
            razorpay_order_id=payment.razorpay_order_id,
            key_id=payment.key_id,
            amount_paise=payment.amount_paise,
            currency=payment.currency,
            expires_at=payment.expires_at,
        )


class TrackingBody(BaseModel):
    """Where the customer watches the order; `token` speaks for them for an hour."""

    url: str = Field(examples=["http://127.0.0.1:8001/track/ord_aaaaaaaaaaaaaaaaaaaa"])
    websocket_url: str = Field(examples=["ws://127.0.0.1:8001/live"])
    token: str


class CheckoutBody(BaseModel):
    """A placed order. `payment` is null for cash on delivery."""

    order_id: str = Field(examples=["ord_aaaaaaaaaaaaaaaaaaaa"])
    status: OrderStatus
    total_paise: int
    sequence: int
    epoch: int
    payment: PaymentBody | None
    tracking: TrackingBody
