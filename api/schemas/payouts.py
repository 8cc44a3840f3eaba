"""Bodies of payouts: cash that goes back by bank transfer or UPI."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.body import RequestBody, Text
from domain.messages import PayoutDetails
from domain.payouts import UTR, Beneficiary, PayoutDecision, PayoutStatus

HIGHEST_PAISE: Final = 10**12
"""Far above any order; keeps numbers within what every reader of JSON can hold."""


def _example(**body: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [body]})


class BeneficiaryBody(RequestBody):
    """Who gets the money: `upi`, or `account_number` with `ifsc`. Personal data."""

    name: Annotated[Text, Field(min_length=1, max_length=100)]
    upi: Annotated[Text, Field(max_length=100)] | None = None
    account_number: Annotated[Text, Field(max_length=18)] | None = None
    ifsc: Annotated[Text, Field(max_length=11)] | None = None

    def beneficiary(self) -> Beneficiary:
        """Return the beneficiary, an IFSC in capitals."""
        return Beneficiary(
            name=self.name,
            upi=self.upi or None,
            account_number=self.account_number or None,
            ifsc=self.ifsc.upper() if self.ifsc else None,
        )


class ProposeRequest(RequestBody):
    """Pay a cash refund, in full, to a beneficiary; without `refund`, grant one of this amount."""

    model_config = _example(
        refund=1,
        amount_paise=149900,
        beneficiary={"name": "Asha Rao", "upi": "asha@okhdfc"},
        reason="Parcel came back damaged; details confirmed by phone",
    )

    refund: int | None = Field(default=None, ge=1, le=1000)
    amount_paise: int = Field(ge=1, le=HIGHEST_PAISE)
    beneficiary: BeneficiaryBody
    reason: Annotated[Text, Field(min_length=1, max_length=200)]


class DecideRequest(RequestBody):
    """What becomes of a payout; refusing and withdrawing need a note."""

    model_config = _example(decision="approve", note="Compared with the customer's mail")

    decision: Annotated[PayoutDecision, Field(strict=False)]
    note: Annotated[Text, Field(max_length=200)] = ""


class PaidRequest(RequestBody):
    """The bank's number of the transfer."""

    model_config = _example(utr="HDFCN52026112312")

    utr: Annotated[Text, Field(pattern=f"^{UTR.pattern}$")]


class BeneficiaryDetails(BaseModel):
    """Who gets the money, in full, while the payout is open."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    upi: str | None
    account_number: str | None
    ifsc: str | None


class PayoutBody(BaseModel):
    """A payout; `beneficiary` is masked, `pay_to` is there only while the payout is open."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    refund: int
    amount_paise: int
    beneficiary: str
    reason: str
    granted: bool
    status: PayoutStatus
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    paid_by: str | None
    paid_at: datetime | None
    utr: str | None
    pay_to: BeneficiaryDetails | None = None

    @classmethod
    def of(cls, details: PayoutDetails) -> "PayoutBody":
        """Return the body for the order's answer."""
        body = cls.model_validate(details.payout)
        if details.beneficiary:
            body.pay_to = BeneficiaryDetails.model_validate(details.beneficiary)
        return body


class PayoutList(BaseModel):
    """The payouts of an order, oldest first."""

    payouts: list[PayoutBody]
