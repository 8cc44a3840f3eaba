"""When news of money is overdue and what is still in time, each a setting of its own."""

from dataclasses import dataclass

from adapters.settings_reader import SettingsReader

DAY_S = 86_400
MINUTE_S = 60
LONGEST_DAYS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationLimits:
    """How patient reconciliation is.

    Attributes:
        overdue_news_every_s: how often overdue news of payments, refunds and parcels is asked for.
        payment_overdue_s: an open payment without news for this long is asked about.
        refund_overdue_s: likewise a refund on its way.
        parcel_overdue_s: likewise a parcel.
        settlement_days: within how many days Razorpay settles a captured payment.
        remittance_days: within how many days the courier remits cash.
        refund_days: within how many days a refund is settled.
        payment_fee_bps: highest fee of a payment with its GST, in hundredths of a percent.
    """

    overdue_news_every_s: int
    payment_overdue_s: int
    refund_overdue_s: int
    parcel_overdue_s: int
    settlement_days: int
    remittance_days: int
    refund_days: int
    payment_fee_bps: int


def read_reconciliation_limits(reader: SettingsReader) -> ReconciliationLimits:
    """Read all of them; problems are noted in the reader."""

    def days(name: str, default: int) -> int:
        return reader.integer(name, default, lowest=0, highest=LONGEST_DAYS)

    return ReconciliationLimits(
        overdue_news_every_s=reader.integer(
            "ORDERS_OVERDUE_NEWS_EVERY_S", 5 * MINUTE_S, lowest=1, highest=DAY_S
        ),
        payment_overdue_s=reader.integer("ORDERS_PAYMENT_OVERDUE_S", 5 * MINUTE_S, lowest=1),
        refund_overdue_s=reader.integer("ORDERS_REFUND_OVERDUE_S", 30 * MINUTE_S, lowest=1),
        parcel_overdue_s=reader.integer("ORDERS_PARCEL_OVERDUE_S", DAY_S // 2, lowest=1),
        settlement_days=days("ORDERS_SETTLEMENT_LIMIT_DAYS", 5),
        remittance_days=days("ORDERS_REMITTANCE_LIMIT_DAYS", 10),
        refund_days=days("ORDERS_REFUND_LIMIT_DAYS", 7),
        payment_fee_bps=reader.integer(
            "ORDERS_PAYMENT_FEE_LIMIT_BPS", 300, lowest=0, highest=10_000
        ),
    )
