"""What the shop sells, from where, and the coupons it honours."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

_INDIA = timedelta(hours=5, minutes=30)


def indian_day(moment: datetime) -> date:
    """Return the day of a moment in India, where coupons, rates and years turn at midnight."""
    return (moment.astimezone(UTC) + _INDIA).date()


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxChange:
    """A new rate or HSN, from midnight in India at the beginning of a day."""

    valid_from: date
    gst_rate: int
    hsn: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """One SKU. The price is what the customer pays for one unit, GST included.

    `gst_rate` (percent) and `hsn` hold until the first of the changes; `as_of` tells a day's.
    """

    sku: str
    name: str
    price_paise: int
    gst_rate: int
    hsn: str
    weight_g: int
    description: str = ""
    tax_changes: tuple[TaxChange, ...] = ()

    def as_of(self, day: date) -> "Product":
        """Return the product with rate and HSN of supplies on a day of India, and no changes."""
        past = [change for change in self.tax_changes if change.valid_from <= day]
        if not past:
            return replace(self, tax_changes=())
        latest = max(past, key=lambda change: change.valid_from)
        return replace(self, gst_rate=latest.gst_rate, hsn=latest.hsn, tax_changes=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Warehouse:
    """A place that supplies goods; its GSTIN decides invoice series and tax."""

    code: str
    name: str
    gstin: str
    address: str
    city: str
    state: str
    pincode: str
    pickup_location: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Coupon:
    """A percent-off coupon with a budget: the discount that it may grant in all."""

    code: str
    percent_off: int
    valid_from: date
    valid_until: date
    budget_paise: int
    granted_paise: int = 0

    def refusal(self, discount_paise: int, today: date) -> str | None:
        """Return why this discount cannot be granted today, or None if it can."""
        if today < self.valid_from:
            return f"coupon {self.code} is valid from {self.valid_from:%d %b %Y}"
        if today > self.valid_until:
            return f"coupon {self.code} expired on {self.valid_until:%d %b %Y}"
        if self.granted_paise + discount_paise > self.budget_paise:
            return f"coupon {self.code} is used up"
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class StockLevel:
    """Units of one SKU in one warehouse that can be ordered now."""

    sku: str
    warehouse: str
    available: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueSnapshot:
    """What pricing needs about a cart, read at one moment."""

    products: tuple[Product, ...]
    warehouses: tuple[Warehouse, ...]
    coupon: Coupon | None
    taken_at: datetime
