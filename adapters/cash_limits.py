"""Which orders may be paid on delivery and what that costs, each a setting of its own."""

from dataclasses import dataclass

from adapters.settings_reader import SettingsReader


@dataclass(frozen=True, kw_only=True, slots=True)
class CashLimits:
    """The terms of cash on delivery, in paise.

    Attributes:
        limit_paise, minimum_paise: highest and lowest order total, the fee included.
        fee_paise: what it costs the customer, GST included.
        first_order_limit_paise: the highest total for customers to whom nothing has been delivered
            yet; 0 for no such limit.
    """

    limit_paise: int
    minimum_paise: int
    fee_paise: int
    first_order_limit_paise: int


def read_cash_limits(reader: SettingsReader) -> CashLimits:
    """Read all of them; problems are noted in the reader."""
    return CashLimits(
        limit_paise=reader.integer("ORDERS_COD_LIMIT_PAISE", 20_000_00, lowest=0),
        minimum_paise=reader.integer("ORDERS_COD_MINIMUM_PAISE", 0, lowest=0),
        fee_paise=reader.integer("ORDERS_COD_FEE_PAISE", 40_00, lowest=0),
        first_order_limit_paise=reader.integer("ORDERS_COD_FIRST_ORDER_LIMIT_PAISE", 0, lowest=0),
    )
