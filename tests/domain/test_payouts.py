from dataclasses import replace

import pytest

from domain.errors import ImpossibleStep
from domain.payouts import (
    Beneficiary,
    Payout,
    PayoutDecision,
    PayoutStatus,
    beneficiary_errors,
    decide,
    open_payout,
    record_paid,
    require_grantable,
    require_proposable,
)
from tests.domain.orders import NOON

S, D = PayoutStatus, PayoutDecision
UPI = Beneficiary(name="Asha Rao", upi="asha@okhdfc")
ACCOUNT = Beneficiary(name="Asha Rao", account_number="50100012345678", ifsc="HDFC0001234")
PROPOSED = Payout(
    number=1,
    refund=2,
    amount_paise=1_000,
    beneficiary=UPI.masked,
    reason="lost",
    proposed_by="asha",
    proposed_at=NOON,
)


@pytest.mark.parametrize(
    ("beneficiary", "masked"), [(UPI, "a•••@okhdfc"), (ACCOUNT, "HDFC ••5678")]
)
def test_a_mask_shows_enough_to_recognise_it_by(beneficiary: Beneficiary, masked: str) -> None:
    assert beneficiary.masked == masked
    assert list(beneficiary_errors(beneficiary)) == []


@pytest.mark.parametrize(
    ("beneficiary", "fields"),
    [
        (Beneficiary(name="A"), ["beneficiary"]),
        (replace(ACCOUNT, upi="asha@okhdfc"), ["beneficiary"]),
        (replace(UPI, upi="asha"), ["beneficiary.upi"]),
        (replace(UPI, upi="asha@ok hdfc"), ["beneficiary.upi"]),
        (replace(ACCOUNT, account_number="12345678"), ["beneficiary.account_number"]),
        (replace(ACCOUNT, ifsc=None), ["beneficiary.ifsc"]),
        (
            replace(ACCOUNT, account_number="x", ifsc="HDFC1001234"),
            ["beneficiary.account_number", "beneficiary.ifsc"],
        ),
    ],
)
def test_each_wrong_detail_is_named(beneficiary: Beneficiary, fields: list[str]) -> None:
    assert [error.field for error in beneficiary_errors(beneficiary)] == fields


@pytest.mark.parametrize(
    ("status", "decision", "by", "end"),
    [
        (S.PROPOSED, D.APPROVE, "ravi", S.APPROVED),
        (S.PROPOSED, D.REFUSE, "ravi", S.REFUSED),
        (S.PROPOSED, D.WITHDRAW, "asha", S.WITHDRAWN),
        (S.PROPOSED, D.WITHDRAW, "ravi", S.WITHDRAWN),
        (S.APPROVED, D.WITHDRAW, "asha", S.WITHDRAWN),
        (S.PROPOSED, D.APPROVE, "asha", "second person has to approve"),
        (S.PROPOSED, D.REFUSE, "asha", "second person has to refuse"),
        (S.APPROVED, D.APPROVE, "ravi", "is approved already"),
        (S.APPROVED, D.REFUSE, "ravi", "is approved already"),
        (S.PAID, D.WITHDRAW, "ravi", "is paid already"),
        (S.REFUSED, D.APPROVE, "ravi", "is refused already"),
        (S.WITHDRAWN, D.WITHDRAW, "ravi", "is withdrawn already"),
    ],
)
def test_two_people_decide(
    status: PayoutStatus, decision: PayoutDecision, by: str, end: PayoutStatus | str
) -> None:
    payout = replace(PROPOSED, status=status)
    if isinstance(end, PayoutStatus):
        decided = decide(payout, decision, by, NOON, "")
        assert (decided.status, decided.decided_by, decided.note) == (end, by, None)
        return
    with pytest.raises(ImpossibleStep, match=end):
        decide(payout, decision, by, NOON, "note")


@pytest.mark.parametrize("status", [each for each in S if each is not S.APPROVED])
def test_only_what_is_approved_can_be_paid(status: PayoutStatus) -> None:
    with pytest.raises(ImpossibleStep, match="only an approved one"):
        record_paid(replace(PROPOSED, status=status), [], "UTR0000000001", "ravi", NOON)


def test_a_utr_pays_one_payout() -> None:
    approved = replace(PROPOSED, status=S.APPROVED)
    paid = record_paid(approved, [approved], "UTR0000000001", "ravi", NOON)
    assert (paid.status, paid.utr, paid.paid_by, paid.paid_at) == (
        S.PAID,
        "UTR0000000001",
        "ravi",
        NOON,
    )
    with pytest.raises(ImpossibleStep, match="another payout"):
        record_paid(replace(approved, number=2), [paid], "UTR0000000001", "ravi", NOON)


def test_what_does_not_exist_can_be_neither_decided_nor_paid() -> None:
    with pytest.raises(ImpossibleStep, match="no such payout"):
        decide(None, D.APPROVE, "ravi", NOON, "")
    with pytest.raises(ImpossibleStep, match="no such payout"):
        record_paid(None, [], "UTR0000000001", "ravi", NOON)


@pytest.mark.parametrize(
    ("payouts", "paise", "owed", "reason"),
    [
        ([], 1_000, None, "does not wait for a payout"),
        ([], 999, 1_000, "is ₹10, not ₹9.99"),
        ([PROPOSED], 1_000, 1_000, "payout 1 is proposed already"),
        ([replace(PROPOSED, status=S.APPROVED)], 1_000, 1_000, "payout 1 is approved already"),
    ],
)
def test_a_payout_is_proposed_once_for_what_is_owed(
    payouts: list[Payout], paise: int, owed: int | None, reason: str
) -> None:
    with pytest.raises(ImpossibleStep, match=reason):
        require_proposable(payouts, 2, paise, owed)


@pytest.mark.parametrize("status", [S.REFUSED, S.WITHDRAWN])
def test_a_refused_payout_makes_room_for_another(status: PayoutStatus) -> None:
    ended = replace(PROPOSED, status=status)
    assert open_payout([ended, replace(PROPOSED, refund=3)], 2) is None
    require_proposable([ended], 2, 1_000, 1_000)


@pytest.mark.parametrize(("paise", "free"), [(1, 0), (101, 100), (1, -5)])
def test_no_more_is_granted_than_there_is(paise: int, free: int) -> None:
    require_grantable(100, 100)
    with pytest.raises(ImpossibleStep, match="of cash that this order has left"):
        require_grantable(paise, free)
