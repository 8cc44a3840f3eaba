import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cart import PaymentMethod
from domain.payment import EntryKind, PaymentEntry, PaymentLedger, Refund, RefundStatus
from domain.refundable import TAKEN, most_refundable
from tests.domain.orders import NOON


def ledger(**captured: int) -> PaymentLedger:
    entries = (
        PaymentEntry(kind=EntryKind.CAPTURED, amount_paise=paise, reference=payment, at=NOON)
        for payment, paise in captured.items()
    )
    return PaymentLedger(method=PaymentMethod.PREPAID, total_paise=1, entries=tuple(entries))


def refund(
    payment_id: str, paise: int, status: RefundStatus = RefundStatus.PROCESSED, number: int = 1
) -> Refund:
    return Refund(
        number=number,
        key=f"k{number}",
        payment_id=payment_id,
        amount_paise=paise,
        reason="",
        status=status,
        requested_at=NOON,
    )


def test_the_payment_with_the_most_left_gives_first_and_of_equals_the_earlier() -> None:
    assert most_refundable(ledger(pay_1=500, pay_2=900), []) == ("pay_2", 900)
    assert most_refundable(ledger(pay_1=900, pay_2=900), []) == ("pay_1", 900)
    assert most_refundable(ledger(pay_1=900, pay_2=900), [refund("pay_1", 1)]) == ("pay_2", 900)


@pytest.mark.parametrize("status", RefundStatus)
def test_only_refunds_on_their_way_or_done_use_up_a_payment(status: RefundStatus) -> None:
    left = 600 if status in TAKEN else 900
    assert most_refundable(ledger(pay_1=900), [refund("pay_1", 300, status)]) == ("pay_1", left)


def test_without_a_payment_that_has_anything_left_nothing_is_refundable() -> None:
    assert most_refundable(ledger(), []) == (None, 0)
    assert most_refundable(ledger(pay_1=900), [refund("pay_1", 900)]) == (None, 0)


@given(
    captured=st.lists(st.integers(100, 9_999), min_size=1, max_size=4),
    dues=st.lists(st.integers(1, 5_000), max_size=12),
)
def test_no_payment_ever_gives_more_than_it_brought(captured: list[int], dues: list[int]) -> None:
    payments = {f"pay_{index}": paise for index, paise in enumerate(captured)}
    made: list[Refund] = []
    for due in dues:
        left = due
        while left:
            payment, most = most_refundable(ledger(**payments), made)
            if payment is None:
                break
            amount = min(left, most)
            made.append(refund(payment, amount, number=len(made) + 1))
            left -= amount
    for payment, paise in payments.items():
        assert sum(r.amount_paise for r in made if r.payment_id == payment) <= paise
    assert sum(r.amount_paise for r in made) == min(sum(dues), sum(captured))
