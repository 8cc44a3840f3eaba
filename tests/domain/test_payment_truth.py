"""Whoever tells of a payment, in any order and any number of times: one ledger."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cart import PaymentMethod
from domain.payment import (
    EntryKind,
    GatewayPayment,
    PaymentEntry,
    PaymentLedger,
    PaymentOrder,
    PaymentStatus,
)
from domain.payment_truth import entry_of, last_word, take_in
from tests.domain.orders import NOON

K = EntryKind
ORDER = PaymentOrder(
    razorpay_order_id="order_1", key_id="rzp_test_1", amount_paise=1_000, expires_at=NOON
)
EMPTY = PaymentLedger(method=PaymentMethod.PREPAID, total_paise=1_000)
WORDS = {"authorized": K.AUTHORIZED, "failed": K.FAILED, "captured": K.CAPTURED}


def news(status: str, second: int = 0, payment_id: str = "pay_1", **more: object) -> GatewayPayment:
    payment = GatewayPayment(
        payment_id=payment_id,
        razorpay_order_id="order_1",
        amount_paise=1_000,
        status=status,
        captured=status == "captured",
        at=NOON + timedelta(seconds=second),
    )
    return replace(payment, **more)  # type: ignore[arg-type]


def told(*payments: GatewayPayment, ledger: PaymentLedger = EMPTY) -> PaymentLedger:
    for payment in payments:
        ledger, _ = take_in(ledger, ORDER, payment)
    return ledger


@dataclass(frozen=True)
class Standing:
    """What may not depend on who told what first."""

    words: tuple[EntryKind | None, ...]
    status: PaymentStatus
    received: int
    secured: bool


def standing(ledger: PaymentLedger, ids: list[str]) -> Standing:
    words = [last_word(ledger, payment_id) for payment_id in ids]
    return Standing(
        words=tuple(word.kind if word else None for word in words),
        status=ledger.status,
        received=ledger.received_paise,
        secured=ledger.secured,
    )


LIVES = st.sampled_from(
    [
        ("created",),
        ("created", "failed"),
        ("created", "authorized"),
        ("created", "authorized", "captured"),
        ("created", "failed", "captured"),
        ("created", "failed", "authorized", "captured"),
        ("created", "failed", "authorized", "failed"),
        ("created", "authorized", "refunded"),
        ("created", "failed", "authorized", "refunded"),
    ]
)
"""What Razorpay lets a payment live through, its steps ten seconds apart."""


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[list[str], list[GatewayPayment], list[GatewayPayment]]:
    """Draw payments, what is told of them (lost, doubled, reordered), and their last states."""
    ids, stories, last = [], [], []
    for number in range(draw(st.integers(1, 3))):
        payment_id, life = f"pay_{number}", draw(LIVES)
        webhooks = [news(status, 10 * n, payment_id) for n, status in enumerate(life)]
        polls = [
            replace(each, at=webhooks[0].at).seen(
                each.at + timedelta(seconds=draw(st.integers(0, 9)))
            )
            for each in draw(st.lists(st.sampled_from(webhooks), max_size=3))
        ]
        heard = draw(st.lists(st.sampled_from([*webhooks, *polls]), max_size=8))
        ids.append(payment_id)
        last.append(webhooks[-1])
        stories += [*heard, webhooks[-1]]
    return ids, draw(st.permutations(stories)), last


@given(story=interleavings())
def test_any_order_and_any_number_of_tellings_arrive_at_one_ledger(
    story: tuple[list[str], list[GatewayPayment], list[GatewayPayment]],
) -> None:
    ids, tellings, last = story
    assert standing(told(*tellings), ids) == standing(told(*last), ids)
    assert told(*tellings, *tellings) == told(*tellings, *tellings, *tellings)


@given(story=interleavings())
def test_no_money_counts_twice_and_none_is_made_up(
    story: tuple[list[str], list[GatewayPayment], list[GatewayPayment]],
) -> None:
    _, tellings, last = story
    ledger = told(*tellings)
    assert ledger.received_paise == 1_000 * sum(p.status == "captured" for p in last)
    captured = [e.reference for e in ledger.entries if e.kind is K.CAPTURED]
    assert len(captured) == len(set(captured))


def test_a_failure_is_not_final() -> None:
    ledger, entry = take_in(told(news("failed")), ORDER, news("captured", 5))
    assert entry is not None
    assert entry.kind is K.CAPTURED
    assert ledger.status is PaymentStatus.PAID


@pytest.mark.parametrize("late", ["failed", "authorized", "created", "refunded"])
def test_nothing_that_comes_after_a_capture_takes_it_back(late: str) -> None:
    paid = told(news("captured"))
    assert take_in(paid, ORDER, news(late, 60)) == (paid, None)


def test_what_went_back_before_it_counted_is_not_brought_back_by_an_old_webhook() -> None:
    voided = told(news("authorized"), news("refunded", 60))
    assert voided.status is PaymentStatus.UNPAID
    assert take_in(voided, ORDER, news("captured", 30)) == (voided, None)


def test_an_authorization_that_is_voided_ends_as_unpaid_each_time() -> None:
    steps = [news("failed", 0), news("authorized", 10), news("failed", 20)]
    assert told(*steps).status is PaymentStatus.UNPAID
    assert [e.kind for e in told(*steps).entries] == [K.FAILED, K.AUTHORIZED, K.FAILED]
    assert told(steps[0], steps[2], steps[1]).status is PaymentStatus.UNPAID
    assert told(*steps[:2]).status is PaymentStatus.AUTHORIZED


def test_within_one_second_a_failure_is_the_later_word() -> None:
    pair = [news("authorized"), news("failed")]
    assert told(*pair).status is told(*reversed(pair)).status is PaymentStatus.UNPAID


def test_a_poll_is_no_old_news_but_a_capture_keeps_its_moment() -> None:
    asked = NOON + timedelta(minutes=5)
    assert news("failed").seen(asked).at == asked
    assert news("failed", 600).seen(asked).at == NOON + timedelta(seconds=600)
    assert news("captured").seen(asked).at == NOON
    late = told(news("authorized", 60), news("failed").seen(asked))
    assert late.status is PaymentStatus.UNPAID


@pytest.mark.parametrize("order", [None, replace(ORDER, razorpay_order_id="order_2")])
def test_a_payment_of_another_order_is_not_taken_in(order: PaymentOrder | None) -> None:
    assert take_in(EMPTY, order, news("captured")) == (EMPTY, None)


def test_a_payment_without_an_order_is_not_taken_in() -> None:
    assert take_in(EMPTY, ORDER, news("captured", razorpay_order_id=None)) == (EMPTY, None)


@pytest.mark.parametrize(
    ("paise", "status", "secured"),
    [
        (999, PaymentStatus.UNPAID, False),
        (1_000, PaymentStatus.PAID, True),
        (1_001, PaymentStatus.OVERPAID, True),
    ],
)
def test_a_sum_that_is_not_ours_is_recorded_as_what_it_is(
    paise: int, status: PaymentStatus, secured: bool
) -> None:
    ledger = told(news("captured", amount_paise=paise))
    assert (ledger.status, ledger.secured, ledger.kept_paise) == (status, secured, paise)


def test_money_in_another_currency_is_recorded_and_never_counts() -> None:
    ledger, entry = take_in(EMPTY, ORDER, news("captured", currency="USD"))
    assert entry is not None
    assert (entry.kind, entry.currency) == (K.MISMATCHED, "USD")
    assert entry.reason == "captured in USD, not in INR"
    assert (ledger.kept_paise, ledger.secured) == (0, False)
    assert take_in(ledger, ORDER, news("failed", 9, currency="USD")) == (ledger, None)


def test_an_entry_of_other_money_is_no_word_on_a_payment() -> None:
    refund = PaymentEntry(kind=K.REFUNDED, amount_paise=1, reference="pay_1", at=NOON)
    assert last_word(EMPTY.record(refund), "pay_1") is None


@pytest.mark.parametrize("status", ["created", "pending", ""])
def test_a_state_without_meaning_for_money_makes_no_entry(status: str) -> None:
    assert entry_of(news(status)) is None
