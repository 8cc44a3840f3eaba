"""The end of a soak: the money is paid out, and the day is reconciled as on any other day."""

from datetime import UTC, datetime

from adapters.settings import Settings
from domain.catalogue import indian_day
from domain.reconciliation import ReconciliationReport
from workers.reconcile import reconcile_day
from workers.soak.stack_client import Json, StackClient


async def reconciled(stack: StackClient, settings: Settings) -> ReconciliationReport:
    """Let Razorpay pay out everything, and return the report of today."""
    await stack.razorpay("POST", "settlements")
    return await reconcile_day(settings, indian_day(datetime.now(UTC)))


def findings_of(report: ReconciliationReport) -> list[str]:
    """Return each difference as a finding."""
    return [
        f"reconciliation: {each.kind} {each.subject} ({each.order_id}): {each.explanation}; "
        f"ours {each.expected_paise}, theirs {each.found_paise}"
        for each in report.differences
    ]


def described(report: ReconciliationReport) -> Json:
    """Return the report in short, for the result file."""
    return {
        "day": report.day.isoformat(),
        "rows": report.rows,
        "matched": report.matched,
        "orders": report.orders,
        "captured_paise": sum(each.captured_paise for each in report.settlements),
        "refunded_paise": sum(each.refunded_paise for each in report.settlements),
        "adjusted_paise": sum(each.adjusted_paise for each in report.settlements),
        "fees_paise": sum(each.fees_paise for each in report.settlements),
        "paid_out_paise": sum(each.net_paise for each in report.settlements),
        "cash_collected_paise": sum(line.collected_paise for line in report.cash),
        "differences": len(report.differences),
    }
