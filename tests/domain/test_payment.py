from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cart import PaymentMethod
from domain.payment import (
    EntryKind,
    GatewayPayment,
    PaymentEntry,
    PaymentLedger,
    PaymentStatus,
)
from domain.payment_truth import entry_of
from tests.domain.orders import NOON

K = EntryKind
EMPTY = PaymentLedger(method=PaymentMethod.PREPAID, total_paise=1_000)
CASH = replace(EMPTY, method=PaymentMethod.COD)


def entry(kind: EntryKind, paise: int = 1_000, reference: str = "pay_1") -> PaymentEntry:
    return PaymentEntry(kind=kind, amount_paise=paise, reference=reference, at=NOON)


def ledger(*entries: PaymentEntry, empty: PaymentLedger = EMPTY) -> PaymentLedger:
    for each in entries:
        empty = empty.record(each)
    return empty


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([], PaymentStatus.UNPAID),
        ([entry(K.REQUESTED)], PaymentStatus.UNPAID),
        ([entry(K.FAILED)], PaymentStatus.UNPAID),
        ([entry(K.AUTHORIZED)], PaymentStatus.AUTHORIZED),
        ([entry(K.AUTHORIZED), entry(K.FAILED)], PaymentStatus.UNPAID),
        ([entry(K.FAILED), entry(K.AUTHORIZED)], PaymentStatus.AUTHORIZED),
        ([entry(K.AUTHORIZED), entry(K.FAILED, reference="pay_2")], PaymentStatus.AUTHORIZED),
        ([entry(K.AUTHORIZED), entry(K.CAPTURED)], PaymentStatus.PAID),
        ([entry(K.FAILED), entry(K.CAPTURED)], PaymentStatus.PAID),
        ([entry(K.CAPTURED), entry(K.AUTHORIZED)], PaymentStatus.PAID),
        ([entry(K.CAPTURED, 999)], PaymentStatus.UNPAID),
        ([entry(K.CAPTURED), entry(K.CAPTURED, 1, "pay_2")], PaymentStatus.OVERPAID),
        ([entry(K.CAPTURED), entry(K.REFUNDED, 1, "r")], PaymentStatus.PARTIALLY_REFUNDED),
        ([entry(K.CAPTURED), entry(K.REFUNDED, 999, "r")], PaymentStatus.PARTIALLY_REFUNDED),
        ([entry(K.CAPTURED), entry(K.REFUNDED, 1_000, "r")], PaymentStatus.REFUNDED),
    ],
)
def test_the_status_of_prepaid_money_follows_from_its_entries(
    entries: list[PaymentEntry], status: PaymentStatus
) -> None:
    assert ledger(*entries).status is status


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([], PaymentStatus.COD_DUE),
        ([entry(K.COD_COLLECTED)], PaymentStatus.COD_COLLECTED),
        ([entry(K.COD_COLLECTED), entry(K.COD_REMITTED)], PaymentStatus.COD_REMITTED),
        ([entry(K.COD_COLLECTED), entry(K.REFUNDED, 400)], PaymentStatus.PARTIALLY_REFUNDED),
        ([entry(K.COD_COLLECTED), entry(K.REFUNDED)], PaymentStatus.REFUNDED),
    ],
)
def test_the_status_of_cash_follows_from_its_entries(
    entries: list[PaymentEntry], status: PaymentStatus
) -> None:
    assert ledger(*entries, empty=CASH).status is status


def test_cash_is_remitted_only_once_each_parcel_s_is() -> None:
    collected = [entry(K.COD_COLLECTED, 600, "AWB1"), entry(K.COD_COLLECTED, 400, "AWB2")]
    one = ledger(*collected, entry(K.COD_REMITTED, 600, "AWB1:UTR7"), empty=CASH)
    assert (one.status, one.cash_outstanding) == (PaymentStatus.COD_COLLECTED, {"AWB2": 400})
    both = one.record(entry(K.COD_REMITTED, 400, "AWB2:UTR7"))
    assert (both.status, both.cash_outstanding) == (PaymentStatus.COD_REMITTED, {})


def test_an_order_that_costs_nothing_is_not_paid_by_nothing() -> None:
    assert replace(EMPTY, total_paise=0).status is PaymentStatus.UNPAID


@pytest.mark.parametrize(
    ("entries", "secured"),
    [
        ([], False),
        ([entry(K.AUTHORIZED)], False),
        ([entry(K.CAPTURED, 999)], False),
        ([entry(K.CAPTURED)], True),
        ([entry(K.CAPTURED, 500, "a"), entry(K.CAPTURED, 500, "b")], True),
    ],
)
def test_prepaid_goods_may_go_once_all_the_money_is_there(
    entries: list[PaymentEntry], secured: bool
) -> None:
    assert ledger(*entries).secured is secured


def test_goods_for_cash_may_go_at_once() -> None:
    assert CASH.secured


def test_kept_money_is_what_came_less_what_went_back() -> None:
    paid = ledger(entry(K.CAPTURED), entry(K.CAPTURED, 300, "pay_2"), entry(K.REFUNDED, 250, "r"))
    assert (paid.received_paise, paid.kept_paise) == (1_300, 1_050)


ENTRIES = st.builds(
    PaymentEntry,
    kind=st.sampled_from(EntryKind),
    amount_paise=st.integers(1, 2_000),
    reference=st.sampled_from(["pay_1", "pay_2", "rfnd_1", "UTR1"]),
    at=st.just(NOON),
)


@given(entries=st.lists(ENTRIES, max_size=12), times=st.integers(1, 3))
def test_a_fact_counts_once_however_often_it_is_told(
    entries: list[PaymentEntry], times: int
) -> None:
    once = ledger(*entries)
    assert ledger(*entries * times) == once
    facts = [(each.kind, each.reference) for each in once.entries]
    assert len(facts) == len(set(facts))
    assert all(once.knows(*fact) for fact in facts)


def test_a_repeat_with_another_amount_does_not_change_the_fact() -> None:
    assert ledger(entry(K.CAPTURED, 1_000), entry(K.CAPTURED, 5)).received_paise == 1_000


def test_news_in_any_order_ends_in_the_same_sums_and_status() -> None:
    news = [
        entry(K.AUTHORIZED),
        entry(K.CAPTURED),
        entry(K.FAILED, reference="pay_0"),
        entry(K.REFUNDED, 400, "rfnd_1"),
        entry(K.REFUNDED, 600, "rfnd_2"),
    ]
    ends = {
        (end.status, end.received_paise, end.kept_paise, end.secured)
        for end in (ledger(*order) for order in permutations(news))
    }
    assert ends == {(PaymentStatus.REFUNDED, 1_000, 0, True)}


@given(entries=st.lists(ENTRIES, max_size=12), method=st.sampled_from(PaymentMethod))
def test_every_mixture_of_entries_has_a_status_that_fits_its_sums(
    entries: list[PaymentEntry], method: PaymentMethod
) -> None:
    mixture = ledger(*entries, empty=replace(EMPTY, method=method))
    status = mixture.status
    refunded = mixture.received_paise - mixture.kept_paise
    assert (status in {PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED}) == (refunded > 0)
    if status is PaymentStatus.OVERPAID:
        assert mixture.received_paise > mixture.total_paise
    if status is PaymentStatus.PAID:
        assert mixture.received_paise == mixture.total_paise
    if not refunded:
        assert status.startswith("cod_") == (method is PaymentMethod.COD)


def payment(status: str, *, captured: bool) -> GatewayPayment:
    return GatewayPayment(
        payment_id="pay_1",
        razorpay_order_id="order_1",
        amount_paise=1_000,
        status=status,
        captured=captured,
        at=NOON + timedelta(minutes=1),
        method="upi",
        reason="declined" if status == "failed" else None,
    )


@pytest.mark.parametrize(
    ("status", "captured", "kind"),
    [
        ("authorized", False, K.AUTHORIZED),
        ("captured", True, K.CAPTURED),
        ("refunded", True, K.VOIDED),
        ("refunded", False, K.VOIDED),
        ("failed", False, K.FAILED),
    ],
)
def test_a_payment_is_entered_as_what_it_is(status: str, captured: bool, kind: EntryKind) -> None:
    assert entry_of(payment(status, captured=captured)) == PaymentEntry(
        kind=kind,
        amount_paise=1_000,
        reference="pay_1",
        at=NOON + timedelta(minutes=1),
        method="upi",
        reason="declined" if status == "failed" else None,
    )


@pytest.mark.parametrize("status", ["created", "something_new"])
def test_a_payment_to_which_nothing_has_happened_is_not_entered(status: str) -> None:
    assert entry_of(payment(status, captured=False)) is None
