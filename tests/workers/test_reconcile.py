"""`orders reconcile`: which days it takes, what it prints, and how it ends."""

import io
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from adapters.mongo.connection import close, connect
from adapters.mongo.reconciliation import MongoReconciliationReports
from domain.reconciliation import (
    CashLine,
    Difference,
    DifferenceKind,
    ReconciliationReport,
    SettledSum,
)
from tests.domain.ledgers import DAY, NOON
from tests.workers.stack_settings import settings_with
from workers import reconcile, reconciliation_report
from workers.cli import create_app
from workers.stack.errors import StackError

CLEAN = ReconciliationReport(
    day=DAY,
    rows=2,
    matched=2,
    orders=1,
    settlements=(
        SettledSum(
            settlement_id="setl_00000000000001",
            utr="UTR1",
            rows=2,
            captured_paise=1499_00,
            fees_paise=35_37,
            tax_paise=5_39,
            refunded_paise=100_00,
            adjusted_paise=0,
            net_paise=1363_63,
        ),
    ),
    cash=(
        CashLine(awb="AWB1", order_id="ord_1", collected_paise=500_00, collected_at=NOON),
        CashLine(
            awb="AWB2",
            order_id="ord_2",
            collected_paise=0,
            remitted_paise=7_00,
            remitted_at=NOON,
            utr="N1",
        ),
    ),
)
WRONG = ReconciliationReport(
    day=DAY,
    rows=2,
    matched=0,
    orders=0,
    differences=(
        Difference(
            kind=DifferenceKind.CAPTURE_UNKNOWN,
            subject="pay_1",
            order_id="ord_1",
            found_paise=976_40,
        ),
        Difference(
            kind=DifferenceKind.CASH_DIFFERS, subject="AWB1", expected_paise=5_00, found_paise=4_00
        ),
    ),
)


def printed(report: ReconciliationReport) -> str:
    out = io.StringIO()
    reconciliation_report.show(Console(file=out, width=240), report)
    return out.getvalue()


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30", "23.11.2026", ""])
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(StackError, match="give YYYY-MM-DD"):
        reconcile.day_of(text, DAY)


def test_a_day_that_has_not_begun_in_india_is_refused() -> None:
    with pytest.raises(StackError, match="2026-11-24 is in the future: in India it is 2026-11-23"):
        reconcile.day_of("2026-11-24", DAY)
    assert reconcile.day_of("2026-11-23", DAY) == DAY
    assert reconcile.day_of("2020-02-29") == date(2020, 2, 29)


def test_a_clean_report_shows_payouts_and_cash() -> None:
    shown = printed(CLEAN)
    assert "Reconciliation of Monday, 23 November 2026" in shown
    assert "2 of 2 rows matched" in shown
    assert all(text in shown for text in ("₹1,499", "₹35.37", "₹1,363.63", "UTR1"))
    assert all(text in shown for text in ("AWB1", "₹500", "due", "none", "N1"))
    assert "no differences" in shown


def test_differences_are_shown_with_both_sides_an_explanation_and_what_to_do() -> None:
    shown = printed(WRONG)
    assert "2 differences" in shown
    assert all(text in shown for text in ("pay_1", "ord_1", "₹976.40", "₹5", "₹4"))
    assert "Razorpay paid out a payment that no order has recorded" in shown
    assert "Claim the difference from the courier with AWB and UTR." in shown


def test_json_says_the_same_to_programs() -> None:
    body = json.loads(reconciliation_report.as_json(WRONG))
    assert (body["day"], body["clean"], body["rows"]) == ("2026-11-23", False, 2)
    first = body["differences"][0]
    assert (first["kind"], first["found_paise"]) == ("capture_unknown", 976_40)
    assert first["explanation"]
    assert first["action"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run the command with a report that is there already."""

    def invoke(report: ReconciliationReport, *arguments: str) -> Any:
        async def found(*_: Any) -> ReconciliationReport:
            return report

        for name in ("reconcile_day", "stored_report"):
            monkeypatch.setattr(reconcile, name, found)
        monkeypatch.setattr("workers.cli_reconcile.load_settings", lambda _: settings_with())
        command = ["reconcile", "--date", "2026-11-23", *arguments]
        return CliRunner().invoke(create_app(), command)

    return invoke


@pytest.mark.parametrize("flags", [(), ("--stored",), ("--json",)])
@pytest.mark.parametrize(("report", "code"), [(CLEAN, 0), (WRONG, 1)])
def test_the_exit_code_says_whether_all_fits(
    run: Callable[..., Any], report: ReconciliationReport, code: int, flags: tuple[str, ...]
) -> None:
    done = run(report, *flags)
    assert done.exit_code == code
    assert ("capture_unknown" in done.output) is bool(code)


async def test_a_day_that_was_never_reconciled_says_how_to(
    mongodb_url: str, mongo_database_name: str
) -> None:
    settings = settings_with(MONGODB_URL=mongodb_url, MONGODB_DATABASE=mongo_database_name)
    with pytest.raises(StackError, match="run `orders reconcile --date 2026-11-23`"):
        await reconcile.stored_report(settings, DAY)
    database = connect(mongodb_url, mongo_database_name)
    await MongoReconciliationReports(database).save(WRONG, NOON)
    await close(database)
    assert await reconcile.stored_report(settings, DAY) == WRONG


async def test_without_temporal_the_error_names_its_address() -> None:
    settings = settings_with(TEMPORAL_ADDRESS="127.0.0.1:9")
    with pytest.raises(StackError, match=r"Temporal at 127\.0\.0\.1:9 does not answer"):
        await reconcile.reconcile_day(settings, DAY)
