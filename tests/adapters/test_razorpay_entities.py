"""Razorpay's entities in our words, also where its samples wander."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.razorpay_entities import (
    read_dispute,
    read_payment,
    read_refund,
    read_settlement,
    read_settlement_row,
)
from domain.payment import RefundSpeed
from domain.settlement import SettlementRowKind

CREATED_AT = 1_790_000_000
MOMENT = datetime.fromtimestamp(CREATED_AT, UTC)
PAYMENT = {
    "id": "pay_29QQoUBi66xm2f",
    "amount": 149_900,
    "status": "captured",
    "order_id": "order_9A33XWu170gUtm",
    "captured": True,
    "created_at": CREATED_AT,
}
REFUND = {
    "id": "rfnd_FS8TYQPCyYDs6f",
    "payment_id": "pay_29QQoUBi66xm2f",
    "amount": 50_000,
    "status": "processed",
    "created_at": CREATED_AT,
}
DISPUTE = {
    "id": "disp_AHfqOvkldwsbqt",
    "payment_id": "pay_29QQoUBi66xm2f",
    "amount": 10_000,
    "amount_deducted": 0,
    "reason_code": "pre_arbitration",
    "respond_by": CREATED_AT + 600,
    "status": "open",
    "phase": "pre_arbitration",
    "created_at": CREATED_AT,
}
ROW = {
    "entity_id": "pay_29QQoUBi66xm2f",
    "type": "payment",
    "debit": 0,
    "credit": 97_100,
    "amount": 100_000,
    "fee": 2_900,
    "tax": 0,
    "on_hold": False,
    "created_at": CREATED_AT,
    "settled_at": CREATED_AT + 60,
    "settlement_id": "setl_DGlQ1Rj8os78Ec",
    "description": "Recurring Payment via Subscription",
    "notes": "Beam me up Scotty.",
    "payment_id": None,
    "settlement_utr": "1568176960vxp0rj",
    "order_id": "order_DEXrnRiR3SNDHA",
    "order_receipt": None,
    "method": "card",
    "dispute_id": None,
}
ADJUSTMENT = {
    **{name: value for name, value in ROW.items() if name != "on_hold"},
    "entity_id": "adj_EhcHONhX4ChgNC",
    "type": "adjustment",
    "credit": 0,
    "debit": 1_012,
    "amount": 1_012,
    "fee": None,
    "tax": None,
    "settlement_utr": None,
    "order_id": None,
    "method": None,
    "dispute_id": "disp_AHfqOvkldwsbqt",
}


@pytest.mark.parametrize(
    ("word", "speed"),
    [
        ("normal", RefundSpeed.NORMAL),
        ("instant", RefundSpeed.INSTANT),
        ("optimum", RefundSpeed.INSTANT),
        (None, None),
    ],
)
def test_older_answers_call_an_instant_refund_optimum(
    word: str | None, speed: RefundSpeed | None
) -> None:
    assert read_refund({**REFUND, "speed_processed": word}).speed is speed


@pytest.mark.parametrize(
    ("acquirer_data", "reference"),
    [
        ({"arn": "10000000000000"}, "10000000000000"),
        ({"rrn": 626_017_800}, "626017800"),
        ({"utr": "AXISCN1153863727"}, "AXISCN1153863727"),
        ({"arn": None}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_the_banks_number_of_a_refund_has_several_names(
    acquirer_data: Any, reference: str | None
) -> None:
    assert read_refund({**REFUND, "acquirer_data": acquirer_data}).reference == reference


def test_a_refund_that_we_did_not_make_has_no_key() -> None:
    assert read_refund(REFUND).key is None
    assert read_refund({**REFUND, "receipt": "ord_1_refund_1"}).key == "ord_1_refund_1"


def test_the_moment_of_an_event_outranks_that_of_creation() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    for read, entity in ((read_payment, PAYMENT), (read_refund, REFUND), (read_dispute, DISPUTE)):
        assert read(entity).at == MOMENT
        assert read(entity, later).at == later


@pytest.mark.parametrize(
    ("status", "captured", "money"),
    [
        ("captured", True, True),
        ("refunded", True, True),
        ("refunded", False, False),
        ("authorized", True, False),
        ("failed", True, False),
        ("created", False, False),
    ],
)
def test_only_a_captured_payment_counts_as_captured(
    status: str, captured: bool, money: bool
) -> None:
    assert read_payment({**PAYMENT, "status": status, "captured": captured}).captured is money


@pytest.mark.parametrize("respond_by", [None, 0])
def test_a_dispute_may_have_no_deadline(respond_by: int | None) -> None:
    read = read_dispute({**DISPUTE, "respond_by": respond_by, "amount_deducted": None})
    assert (read.respond_by, read.deducted_paise) == (None, 0)
    assert read_dispute(DISPUTE).respond_by == datetime.fromtimestamp(CREATED_AT + 600, UTC)


def test_a_row_of_a_payment_names_itself_as_the_payment() -> None:
    row = read_settlement_row(ROW)
    assert (row.kind, row.payment_id) == (SettlementRowKind.PAYMENT, ROW["entity_id"])
    assert row.net_paise == row.amount_paise - row.fee_paise
    assert (row.receipt, row.utr, row.on_hold) == (None, "1568176960vxp0rj", False)
    assert row.created_at == MOMENT


def test_a_row_of_an_adjustment_lacks_much() -> None:
    row = read_settlement_row(ADJUSTMENT)
    assert (row.kind, row.net_paise) == (SettlementRowKind.ADJUSTMENT, -1_012)
    assert (row.fee_paise, row.tax_paise) == (0, 0)
    assert (row.payment_id, row.razorpay_order_id, row.method, row.utr) == (None,) * 4
    assert row.dispute_id == DISPUTE["id"]


def test_a_settlement_without_its_utr_is_still_one() -> None:
    entity = {
        "id": "setl_7IZKKI4Pnt2kEe",
        "amount": 50_000,
        "status": "created",
        "fees": 0,
        "tax": 0,
        "utr": None,
        "created_at": CREATED_AT,
    }
    read = read_settlement(entity)
    assert (read.utr, read.amount_paise, read.at) == (None, 50_000, MOMENT)


@pytest.mark.parametrize(
    ("read", "entity"),
    [
        (read_payment, PAYMENT),
        (read_refund, REFUND),
        (read_dispute, DISPUTE),
        (read_settlement_row, ROW),
    ],
)
@pytest.mark.parametrize("amount", [None, "much"])
def test_an_entity_without_an_amount_is_none(read: Any, entity: Any, amount: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        read({**entity, "amount": amount})
