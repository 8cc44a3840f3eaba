from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from domain.cart import PaymentMethod
from domain.disputes import loss_of, take_in_dispute
from domain.payment import EntryKind, GatewayDispute, PaymentEntry, PaymentLedger, PaymentStatus
from tests.domain.orders import NOON

OPENED = GatewayDispute(
    dispute_id="disp_1",
    payment_id="pay_1",
    amount_paise=400,
    deducted_paise=0,
    status="open",
    phase="chargeback",
    reason_code="goods_not_received",
    at=NOON,
    respond_by=NOON + timedelta(days=7),
)
REVIEW = replace(OPENED, status="under_review", at=NOON + timedelta(days=1))
LOST = replace(OPENED, status="lost", deducted_paise=400, at=NOON + timedelta(days=9))
WON = replace(LOST, status="won", deducted_paise=0)
PAID = PaymentLedger(
    method=PaymentMethod.PREPAID,
    total_paise=1_000,
    entries=(
        PaymentEntry(kind=EntryKind.CAPTURED, amount_paise=1_000, reference="pay_1", at=NOON),
    ),
)


def told(*disputes: GatewayDispute) -> PaymentLedger:
    ledger = PAID
    for each in disputes:
        ledger = take_in_dispute(ledger, each)
    return ledger


def test_an_open_dispute_ties_its_money_up_and_takes_none() -> None:
    ledger = told(OPENED)
    assert (ledger.disputed_paise, ledger.claimed_paise("pay_1")) == (400, 400)
    assert (ledger.kept_paise, ledger.status) == (1_000, PaymentStatus.PAID)


def test_a_lost_dispute_takes_its_money_once() -> None:
    ledger = told(OPENED, LOST, LOST)
    assert (ledger.kept_paise, ledger.returned_paise, ledger.disputed_paise) == (600, 400, 0)
    assert ledger.claimed_paise("pay_1") == 400
    assert ledger.claimed_paise("pay_2") == 0
    assert ledger.status is PaymentStatus.PARTIALLY_REFUNDED


@pytest.mark.parametrize("end", [WON, replace(WON, status="closed")])
def test_a_dispute_that_is_not_lost_sets_its_money_free(end: GatewayDispute) -> None:
    ledger = told(OPENED, end)
    assert (ledger.disputed_paise, ledger.claimed_paise("pay_1"), ledger.kept_paise) == (
        0,
        0,
        1_000,
    )
    assert ledger.status is PaymentStatus.PAID


@pytest.mark.parametrize("end", [LOST, WON])
def test_news_in_any_order_ends_alike(end: GatewayDispute) -> None:
    ends = {told(*order) for order in permutations([OPENED, REVIEW, end, OPENED])}
    assert ends == {told(end)}


def test_the_younger_of_two_open_words_holds() -> None:
    assert told(REVIEW, OPENED).dispute("disp_1") == REVIEW
    assert told(OPENED, REVIEW).dispute("disp_1") == REVIEW
    assert told().dispute("disp_1") is None


def test_a_final_word_stays() -> None:
    assert told(LOST, replace(WON, at=LOST.at + timedelta(days=1))) == told(LOST)


def test_two_disputes_stand_side_by_side() -> None:
    ledger = told(OPENED, replace(OPENED, dispute_id="disp_2", amount_paise=100))
    assert ledger.disputed_paise == 500


def test_a_loss_whose_deduction_is_not_told_yet_is_the_whole_sum() -> None:
    loss = loss_of(replace(LOST, deducted_paise=0, reason_code=""))
    assert loss is not None
    assert (loss.amount_paise, loss.reason, loss.reference) == (400, None, "disp_1")
    assert loss_of(WON) is None


def test_a_dispute_lost_on_top_of_a_refund_shows_as_money_gone_twice() -> None:
    refunded = PaymentEntry(kind=EntryKind.REFUNDED, amount_paise=1_000, reference="r", at=NOON)
    ledger = take_in_dispute(PAID.record(refunded), LOST)
    assert (ledger.kept_paise, ledger.status) == (-400, PaymentStatus.REFUNDED)
