"""What every source of Razorpay's reports promises, the real one and the fake."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Protocol

import pytest

from adapters.razorpay_gateway import RazorpayGateway
from adapters.razorpay_reports import RazorpayReports
from domain.errors import PaymentGatewayUnavailable, PaymentRejected
from domain.payment import GatewayDispute
from domain.ports import PaymentReports
from domain.settlement import Settlement, SettlementRow, SettlementRowKind
from sandbox.razorpay.app import create_app
from sandbox.razorpay.config import RazorpaySandboxConfig
from tests.contract.razorpay.conftest import KEY_ID, KEY_SECRET, TIMEOUT_S
from tests.contract.scripted import scripted
from tests.contract.serving import Controls, serving
from tests.fakes.payment_reports import FakePaymentReports

IST = timezone(timedelta(hours=5, minutes=30))
AMOUNT = 100_000
FEE, TAX = 2_360, 360
ORDER_ID = "ord_00000000000000000000"


class Bank(Protocol):
    """One implementation of the port, and what happens to the account behind it."""

    @property
    def reports(self) -> PaymentReports: ...

    async def sell_and_settle(self, *, refunded: int = 0, disputed: int = 0) -> date:
        """Sell for `AMOUNT`, give some back, lose some; return the day of the payout."""

    async def dispute(self, amount: int) -> str: ...

    def fail(self, method: str) -> None: ...


@dataclass
class FakeBank:
    reports: FakePaymentReports

    async def sell_and_settle(self, *, refunded: int = 0, disputed: int = 0) -> date:
        now = datetime.now(UTC)
        sale = SettlementRow(
            entity_id="pay_00000000000001",
            kind=SettlementRowKind.PAYMENT,
            credit_paise=AMOUNT - FEE,
            debit_paise=0,
            amount_paise=AMOUNT,
            fee_paise=FEE,
            tax_paise=TAX,
            settlement_id="setl_00000000000001",
            created_at=now,
            settled_at=now,
            payment_id="pay_00000000000001",
            razorpay_order_id="order_00000000000001",
            receipt=ORDER_ID,
            utr="1790000000abcdef",
            method="upi",
        )
        self.reports.rows.append(sale)
        if refunded:
            kind, entity = SettlementRowKind.REFUND, "rfnd_00000000000001"
            self.reports.rows.append(_debit(sale, kind, entity, refunded))
        if disputed:
            dispute_id = await self.dispute(disputed)
            lost = _debit(sale, SettlementRowKind.ADJUSTMENT, "adj_00000000000001", disputed)
            unlinked = replace(lost, razorpay_order_id=None, receipt=None, utr=None, method=None)
            self.reports.rows.append(replace(unlinked, dispute_id=dispute_id))
        self.reports.paid_out.append(
            Settlement(
                settlement_id=sale.settlement_id,
                amount_paise=sum(row.net_paise for row in self.reports.rows),
                fees_paise=FEE,
                tax_paise=TAX,
                status="processed",
                utr=sale.utr,
                at=now,
            )
        )
        return now.astimezone(IST).date()

    async def dispute(self, amount: int) -> str:
        made = GatewayDispute(
            dispute_id=f"disp_{len(self.reports.known_disputes):014d}",
            payment_id="pay_00000000000001",
            amount_paise=amount,
            deducted_paise=0,
            status="open",
            phase="chargeback",
            reason_code="duplicate_processing",
            at=datetime.now(UTC),
            respond_by=datetime.now(UTC) + timedelta(days=7),
        )
        self.reports.known_disputes.append(made)
        return made.dispute_id

    def fail(self, method: str) -> None:
        self.reports.fail(method, PaymentGatewayUnavailable("away"))


def _debit(sale: SettlementRow, kind: SettlementRowKind, entity: str, paise: int) -> SettlementRow:
    return replace(
        sale,
        entity_id=entity,
        kind=kind,
        credit_paise=0,
        debit_paise=paise,
        amount_paise=paise,
        fee_paise=0,
        tax_paise=0,
    )


@dataclass
class SandboxBank:
    reports: RazorpayReports
    gateway: RazorpayGateway
    controls: Controls

    async def sell_and_settle(self, *, refunded: int = 0, disputed: int = 0) -> date:
        payment_id = await self._sell()
        if refunded:
            await self.gateway.refund(payment_id, refunded, f"{payment_id}_refund_1", ORDER_ID)
        if disputed:
            made = self._dispute(payment_id, disputed)
            self.controls.post(f"disputes/{made['id']}", {"status": "lost"})
        settled = self.controls.post("settlements", {})["settlement"]
        return datetime.fromtimestamp(settled["created_at"], IST).date()

    async def dispute(self, amount: int) -> str:
        return str(self._dispute(await self._sell(), amount)["id"])

    def fail(self, method: str) -> None:
        self.controls.faults(only="GET /v1/*", html_502=1)

    async def _sell(self) -> str:
        soon = datetime.now(UTC) + timedelta(minutes=30)
        order = await self.gateway.create_order(ORDER_ID, AMOUNT, soon)
        body = {"order_id": order.razorpay_order_id, "outcome": "captured", "second_capture": True}
        return str(self.controls.post("payments", body)["razorpay_payment_id"])

    def _dispute(self, payment_id: str, amount: int) -> dict[str, Any]:
        made: dict[str, Any] = self.controls.post(
            "disputes",
            {"payment_id": payment_id, "amount": amount, "reason_code": "duplicate_processing"},
        )
        return made


@pytest.fixture(scope="module")
def quiet_sandbox_url() -> Iterator[str]:
    # A sandbox of its own: settlements take everything that moved in the account.
    config = RazorpaySandboxConfig(
        key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret="w", refund_settle_s=0
    )
    with serving(lambda: create_app(config)) as url:
        yield url


@pytest.fixture
async def sandbox_bank(quiet_sandbox_url: str) -> AsyncIterator[SandboxBank]:
    controls = Controls(url=quiet_sandbox_url)
    # A year on, so that the days and lists of one test hold nothing of the test before.
    controls.post("clock", {"advance_s": 366 * 86_400})
    gateway = RazorpayGateway(quiet_sandbox_url, KEY_ID, KEY_SECRET, timeout_s=TIMEOUT_S)
    reports = RazorpayReports(quiet_sandbox_url, KEY_ID, KEY_SECRET, timeout_s=TIMEOUT_S)
    yield SandboxBank(reports=reports, gateway=gateway, controls=controls)
    gateway.close()
    reports.close()
    controls.clear_faults()


@pytest.fixture(params=["fake", "sandbox"])
def bank(request: pytest.FixtureRequest) -> Bank:
    if request.param == "fake":
        return FakeBank(reports=FakePaymentReports())
    found: SandboxBank = request.getfixturevalue("sandbox_bank")
    return found


async def test_the_rows_of_a_day_explain_its_payout(bank: Bank) -> None:
    day = await bank.sell_and_settle(refunded=25_000, disputed=10_000)

    rows = await bank.reports.settlement_rows(day)

    assert sorted(row.kind for row in rows) == ["adjustment", "payment", "refund"]
    (settled,) = await bank.reports.settlements(
        datetime.combine(day, datetime.min.time(), IST),
        datetime.combine(day + timedelta(days=1), datetime.min.time(), IST),
    )
    assert {row.settlement_id for row in rows} == {settled.settlement_id}
    assert sum(row.net_paise for row in rows) == settled.amount_paise
    assert settled.amount_paise == AMOUNT - FEE - 25_000 - 10_000
    assert (settled.fees_paise, settled.tax_paise, settled.status) == (FEE, TAX, "processed")
    assert settled.utr


async def test_a_payments_row_leads_to_the_order(bank: Bank) -> None:
    (row,) = await bank.reports.settlement_rows(await bank.sell_and_settle())

    assert row.kind is SettlementRowKind.PAYMENT
    assert row.receipt == ORDER_ID
    assert row.razorpay_order_id
    assert row.payment_id == row.entity_id
    assert (row.credit_paise, row.debit_paise) == (AMOUNT - FEE, 0)
    assert (row.amount_paise, row.fee_paise, row.tax_paise) == (AMOUNT, FEE, TAX)
    assert (row.method, row.on_hold, row.dispute_id) == ("upi", False, None)
    assert row.utr
    assert row.settled_at.tzinfo is not None


async def test_a_refunds_row_leads_to_its_payment(bank: Bank) -> None:
    rows = await bank.reports.settlement_rows(await bank.sell_and_settle(refunded=25_000))
    sale, refund = sorted(rows, key=lambda row: row.kind)
    assert (refund.kind, refund.payment_id) == (SettlementRowKind.REFUND, sale.entity_id)
    assert (refund.net_paise, refund.receipt) == (-25_000, ORDER_ID)


async def test_a_lost_dispute_is_an_adjustment_that_names_it(bank: Bank) -> None:
    rows = await bank.reports.settlement_rows(await bank.sell_and_settle(disputed=10_000))
    (lost,) = [row for row in rows if row.kind is SettlementRowKind.ADJUSTMENT]
    assert (lost.net_paise, lost.receipt, lost.utr) == (-10_000, None, None)
    assert lost.dispute_id
    known = await bank.reports.dispute(lost.dispute_id)
    assert known.payment_id


async def test_another_day_has_no_rows(bank: Bank) -> None:
    day = await bank.sell_and_settle()
    assert list(await bank.reports.settlement_rows(day - timedelta(days=1))) == []
    assert list(await bank.reports.settlement_rows(day + timedelta(days=1))) == []


async def test_disputes_are_told_oldest_first_with_their_deadline(bank: Bank) -> None:
    made = [await bank.dispute(amount) for amount in (10_000, 20_000)]
    known = [await bank.reports.dispute(dispute_id) for dispute_id in made]
    assert [one.amount_paise for one in known] == [10_000, 20_000]
    for one in known:
        assert (one.status, one.phase, one.deducted_paise) == ("open", "chargeback", 0)
        assert one.reason_code == "duplicate_processing"
        assert one.respond_by is not None
        assert one.respond_by > one.at

    told = await bank.reports.disputes(known[0].at)

    assert [one.dispute_id for one in told] == made
    assert list(await bank.reports.disputes(known[1].at + timedelta(seconds=1))) == []


async def test_an_unknown_dispute_is_refused(bank: Bank) -> None:
    with pytest.raises(PaymentRejected):
        await bank.reports.dispute("disp_99999999999999")


@pytest.mark.parametrize("method", ["settlement_rows", "settlements", "dispute", "disputes"])
async def test_an_outage_may_pass(bank: Bank, method: str) -> None:
    now = datetime.now(UTC)
    arguments = {
        "settlement_rows": (now.date(),),
        "settlements": (now, now),
        "dispute": ("disp_99999999999999",),
        "disputes": (now,),
    }
    bank.fail(method)
    with pytest.raises(PaymentGatewayUnavailable):
        await getattr(bank.reports, method)(*arguments[method])


async def test_every_page_of_a_day_is_read(
    sandbox_bank: SandboxBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = max([await sandbox_bank.sell_and_settle() for _ in range(4)])
    on_one_page = await sandbox_bank.reports.settlement_rows(day)
    monkeypatch.setattr("adapters.razorpay_reports.RECON_PAGE", 2)

    on_many = await sandbox_bank.reports.settlement_rows(day)

    assert len(on_many) >= 4
    assert on_many == on_one_page


@pytest.mark.parametrize(
    "row", [{"type": "reward"}, {"type": "payment"}, {"type": "payment", "entity_id": "pay_1"}]
)
async def test_a_row_of_an_unknown_form_is_not_guessed_at(row: dict[str, str]) -> None:
    with scripted({"*": (200, {"items": [row]})}) as url:
        reports = RazorpayReports(url, KEY_ID, KEY_SECRET, timeout_s=TIMEOUT_S)
        with pytest.raises(PaymentGatewayUnavailable, match="known form"):
            await asyncio.wait_for(reports.settlement_rows(date(2026, 11, 23)), 5)
        reports.close()
