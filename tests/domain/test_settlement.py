from datetime import UTC, datetime

import pytest

from domain.settlement import SettlementRow, SettlementRowKind

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("credit", "debit", "net"), [(97_640, 0, 97_640), (0, 25_000, -25_000), (0, 0, 0)]
)
def test_a_row_adds_its_credit_to_the_payout_and_takes_its_debit(
    credit: int, debit: int, net: int
) -> None:
    row = SettlementRow(
        entity_id="pay_1",
        kind=SettlementRowKind.PAYMENT,
        credit_paise=credit,
        debit_paise=debit,
        amount_paise=100_000,
        fee_paise=2_360,
        tax_paise=360,
        settlement_id="setl_1",
        created_at=AT,
        settled_at=AT,
    )
    assert row.net_paise == net
