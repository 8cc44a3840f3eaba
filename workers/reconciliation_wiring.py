"""What reconciliation needs of a worker: its adapters, and the terms of its schedules."""

from contextlib import AsyncExitStack

from adapters.mongo.connection import Database
from adapters.mongo.money_books import MongoMoneyBooks
from adapters.mongo.money_watch import MongoMoneyWatch
from adapters.mongo.reconciliation import MongoReconciliationReports, MongoSettlementBooks
from adapters.razorpay_reports import RazorpayReports
from adapters.settings import Settings
from domain.overdue import OverdueTerms
from domain.ports import OrderNews
from domain.reconciliation import ReconciliationTerms
from workers.wiring import ReconciliationPorts
from workflows.schedules import ScheduleTerms

LONGEST_ROUNDS = 72
"""No order on the watch is left alone for longer: six hours at one round in five minutes."""


def reconciliation_ports(
    settings: Settings, database: Database, news: OrderNews, stack: AsyncExitStack
) -> ReconciliationPorts:
    """Connect what reconciliation reaches through; `stack` closes it."""
    reports = RazorpayReports(
        settings.razorpay_base_url, settings.razorpay_key_id, settings.razorpay_key_secret
    )
    stack.callback(reports.close)
    return ReconciliationPorts(
        payment_reports=reports,
        news=news,
        books=MongoMoneyBooks(database),
        watch=MongoMoneyWatch(database),
        settled=MongoSettlementBooks(database),
        reports=MongoReconciliationReports(database),
    )


def schedule_terms(settings: Settings) -> ScheduleTerms:
    """Return the settings that schedules follow."""
    return ScheduleTerms(
        every_s=settings.reconciliation.overdue_news_every_s,
        overdue=overdue_terms(settings),
        reconciliation=reconciliation_terms(settings),
    )


def overdue_terms(settings: Settings) -> OverdueTerms:
    """Return when news is overdue."""
    return OverdueTerms(
        payment_s=settings.reconciliation.payment_overdue_s,
        refund_s=settings.reconciliation.refund_overdue_s,
        parcel_s=settings.reconciliation.parcel_overdue_s,
        payable_s=settings.payment_window_s + settings.late_payment_window_s,
        longest_s=LONGEST_ROUNDS * settings.reconciliation.overdue_news_every_s,
    )


def reconciliation_terms(settings: Settings) -> ReconciliationTerms:
    """Return what is still in time, and which fee is too high."""
    return ReconciliationTerms(
        settlement_days=settings.reconciliation.settlement_days,
        remittance_days=settings.reconciliation.remittance_days,
        refund_days=settings.reconciliation.refund_days,
        fee_limit_bps=settings.reconciliation.payment_fee_bps,
    )
