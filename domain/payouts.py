"""Payouts: cash goes back by bank transfer or UPI, proposed by one person, approved by another.

Razorpay cannot refund what a courier collected, so people move this money. Two of them have to
agree, and the bank's number (UTR) proves that it went. The full beneficiary is personal data: a
`Payout` carries it masked only.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.errors import FieldError, ImpossibleStep
from domain.money import format_inr

UTR = re.compile(r"[A-Z0-9]{10,22}")
"""IMPS and UPI give 12 digits, NEFT 16 characters, RTGS 22."""

_ACCOUNT = re.compile(r"[0-9]{9,18}")
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}")
_UPI = re.compile(r"[A-Za-z0-9._-]{2,64}@[A-Za-z][A-Za-z0-9]{1,32}")


class PayoutStatus(StrEnum):
    """How far a payout is; `proposed` and `approved` are open."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    PAID = "paid"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PayoutDecision(StrEnum):
    """What becomes of a payout before it is paid.

    `approve` and `refuse` are a second person's; `withdraw` is anybody's, with a note.
    """

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


OPEN = frozenset({PayoutStatus.PROPOSED, PayoutStatus.APPROVED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Beneficiary:
    """Who gets the money: a UPI id, or an account with its IFSC. Personal data."""

    name: str
    upi: str | None = None
    account_number: str | None = None
    ifsc: str | None = None

    @property
    def masked(self) -> str:
        """Return enough to recognise it by, and no more."""
        if self.upi:
            user, _, bank = self.upi.partition("@")
            return f"{user[0]}•••@{bank}"
        return f"{(self.ifsc or '')[:4]} ••{(self.account_number or '')[-4:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Payout:
    """One way in which a cash refund was, or was to be, paid. Numbers count from 1 per order.

    A `granted` refund is ops' own decision; it ends when its payout is refused or withdrawn.
    """

    number: int
    refund: int
    amount_paise: int
    beneficiary: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    granted: bool = False
    status: PayoutStatus = PayoutStatus.PROPOSED
    decided_by: str | None = None
    decided_at: datetime | None = None
    note: str | None = None
    paid_by: str | None = None
    paid_at: datetime | None = None
    utr: str | None = None


def beneficiary_errors(beneficiary: Beneficiary) -> Iterator[FieldError]:
    """Yield everything that is wrong with a beneficiary's details."""
    has_upi, has_account = bool(beneficiary.upi), bool(beneficiary.account_number)
    if has_upi is has_account:
        yield FieldError(
            field="beneficiary",
            message="give either a UPI id or an account, not both and not neither",
            remedy="send upi, or account_number with ifsc",
        )
        return
    if beneficiary.upi and not _UPI.fullmatch(beneficiary.upi):
        yield FieldError(
            field="beneficiary.upi",
            message="this is not a UPI id",
            remedy="send one such as asha@okhdfc",
        )
    if beneficiary.account_number and not _ACCOUNT.fullmatch(beneficiary.account_number):
        yield FieldError(
            field="beneficiary.account_number",
            message="this is not an account number",
            remedy="send 9 to 18 digits",
        )
    if has_account and not _IFSC.fullmatch(beneficiary.ifsc or ""):
        yield FieldError(
            field="beneficiary.ifsc",
            message="this is not an IFSC",
            remedy="send four letters, 0 and six characters, such as HDFC0001234",
        )


def open_payout(payouts: Collection[Payout], refund: int) -> Payout | None:
    """Return the payout that is under way for a refund, or None."""
    return next((p for p in payouts if p.refund == refund and p.status in OPEN), None)


def require_proposable(
    payouts: Collection[Payout], refund: int, amount_paise: int, owed_paise: int | None
) -> None:
    """Refuse a payout that must not be proposed. `owed_paise`: None if no such refund waits.

    Raises:
        ImpossibleStep: says which cash refund or sum it should have been.
    """
    if owed_paise is None:
        msg = f"refund {refund} does not wait for a payout"
        raise ImpossibleStep(msg)
    if amount_paise != owed_paise:
        given, due = format_inr(amount_paise), format_inr(owed_paise)
        msg = f"refund {refund} is {due}, not {given}"
        raise ImpossibleStep(msg)
    if under_way := open_payout(payouts, refund):
        msg = f"payout {under_way.number} is {under_way.status} already: withdraw it first"
        raise ImpossibleStep(msg)


def require_grantable(amount_paise: int, free_paise: int) -> None:
    """Refuse to grant more cash than is left. `free_paise`: kept, and meant for no other refund.

    Raises:
        ImpossibleStep: says how much there is.
    """
    if amount_paise > free_paise:
        given, left = format_inr(amount_paise), format_inr(max(0, free_paise))
        msg = f"{given} is more than the {left} of cash that this order has left"
        raise ImpossibleStep(msg)


def decide(
    payout: Payout | None, decision: PayoutDecision, by: str, at: datetime, note: str
) -> Payout:
    """Return the payout as decided.

    Raises:
        ImpossibleStep: it is not open, or the proposer wants to decide about it alone.
    """
    payout = _existing(payout)
    if decision is PayoutDecision.WITHDRAW:
        if payout.status not in OPEN:
            msg = f"payout {payout.number} is {payout.status} already"
            raise ImpossibleStep(msg)
        status = PayoutStatus.WITHDRAWN
    else:
        if payout.status is not PayoutStatus.PROPOSED:
            msg = f"payout {payout.number} is {payout.status} already"
            raise ImpossibleStep(msg)
        if by == payout.proposed_by:
            msg = f"you proposed payout {payout.number}: a second person has to {decision} it"
            raise ImpossibleStep(msg)
        approved = decision is PayoutDecision.APPROVE
        status = PayoutStatus.APPROVED if approved else PayoutStatus.REFUSED
    return replace(payout, status=status, decided_by=by, decided_at=at, note=note or None)


def record_paid(
    payout: Payout | None, payouts: Collection[Payout], utr: str, by: str, at: datetime
) -> Payout:
    """Return the payout as paid.

    Raises:
        ImpossibleStep: it is not approved, or this UTR stands for another payout.
    """
    payout = _existing(payout)
    if payout.status is not PayoutStatus.APPROVED:
        msg = f"payout {payout.number} is {payout.status}, only an approved one can be paid"
        raise ImpossibleStep(msg)
    if any(each.utr == utr for each in payouts):
        msg = f"UTR {utr} stands for another payout of this order"
        raise ImpossibleStep(msg)
    return replace(payout, status=PayoutStatus.PAID, utr=utr, paid_by=by, paid_at=at)


def _existing(payout: Payout | None) -> Payout:
    if payout is None:
        msg = "there is no such payout"
        raise ImpossibleStep(msg)
    return payout
