"""The price of a cart: computed here and nowhere else, from catalogue, coupon, route and tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.cart import CartItem, PaymentMethod
from domain.catalogue import CatalogueSnapshot, Coupon, Product, indian_day
from domain.errors import CouponRefused, FieldError, InvalidCart
from domain.money import CURRENCY, apportion, format_inr, percent_of
from domain.tax import TaxSplit, split_inclusive

FREE_SHIPPING_FROM_PAISE = 99_900
SHIPPING_FEE_PAISE = 4_900
COD_FEE_PAISE = 4_000
_INDIA = timedelta(hours=5, minutes=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What the courier says of a pincode: whether it delivers, takes cash, and by when."""

    serviceable: bool
    cod: bool
    promised_by: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLine:
    """One line as sold. All amounts are for the whole line and include GST.

    `charged_paise` = gross - discount + its share of shipping and of the COD fee; the charges of
    all lines sum to the order's total, so a line's refund needs nothing but the line.
    """

    sku: str
    name: str
    hsn: str
    gst_rate: int
    quantity: int
    unit_price_paise: int
    gross_paise: int
    discount_paise: int
    shipping_paise: int
    cod_fee_paise: int
    weight_g: int

    @property
    def charged_paise(self) -> int:
        """Return what the customer pays for this line in all."""
        return self.gross_paise - self.discount_paise + self.shipping_paise + self.cod_fee_paise


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """A priced cart. The total is final; the tax split becomes final when lines are allocated."""

    lines: tuple[OrderLine, ...]
    subtotal_paise: int
    discount_paise: int
    shipping_paise: int
    cod_fee_paise: int
    total_paise: int
    tax: TaxSplit
    payment_method: PaymentMethod
    cod_allowed: bool
    coupon: str | None = None
    promised_by: datetime | None = None
    currency: str = CURRENCY


@dataclass(frozen=True, kw_only=True, slots=True)
class PricingRequest:
    """Everything a price depends on besides the catalogue.

    Cash on delivery costs `cod_fee_paise` (a charge of its own, taxed like the goods). It is
    offered for totals, the fee included, from `cod_minimum_paise` to `cod_limit_paise`.
    """

    items: tuple[CartItem, ...]
    payment_method: PaymentMethod
    place_of_supply: str
    route: Route
    cod_limit_paise: int
    coupon: str | None = None
    cod_minimum_paise: int = 0
    cod_fee_paise: int = COD_FEE_PAISE


def price_cart(request: PricingRequest, catalogue: CatalogueSnapshot) -> Quote:
    """Price a cart whose lines are valid.

    Raises:
        CouponRefused: the coupon is unknown, not valid today, or used up.
        InvalidCart: the place is not served, or cash on delivery is not offered for this cart.
    """
    today = indian_day(catalogue.taken_at)
    products = {product.sku: product.as_of(today) for product in catalogue.products}
    pairs = [(products[item.sku], item.quantity) for item in request.items]
    gross = [product.price_paise * quantity for product, quantity in pairs]
    subtotal = sum(gross)
    discount = _discount(request.coupon, catalogue.coupon, subtotal, today)
    shipping = SHIPPING_FEE_PAISE if subtotal - discount < FREE_SHIPPING_FROM_PAISE else 0
    is_cod = request.payment_method is PaymentMethod.COD
    cod_fee = request.cod_fee_paise if is_cod else 0
    total = subtotal - discount + shipping + cod_fee
    no_cod = _refusal_of_cod(request, subtotal - discount + shipping + request.cod_fee_paise)
    _refuse_unserved(request.route, no_cod if is_cod else None)
    lines = _lines(pairs, gross, discount, shipping, cod_fee)
    supplier_state = catalogue.warehouses[0].state
    return Quote(
        lines=lines,
        subtotal_paise=subtotal,
        discount_paise=discount,
        shipping_paise=shipping,
        cod_fee_paise=cod_fee,
        total_paise=total,
        tax=tax_of(lines, supplier_state=supplier_state, place_of_supply=request.place_of_supply),
        payment_method=request.payment_method,
        cod_allowed=no_cod is None,
        coupon=request.coupon,
        promised_by=request.route.promised_by,
    )


def tax_of(lines: Sequence[OrderLine], *, supplier_state: str, place_of_supply: str) -> TaxSplit:
    """Return the tax in the charges; shipping and fees are taxed like the goods (CGST s.8)."""
    total = TaxSplit()
    for line in lines:
        total += split_inclusive(
            line.charged_paise,
            line.gst_rate,
            supplier_state=supplier_state,
            place_of_supply=place_of_supply,
        )
    return total


def promise(now: datetime, days: int) -> datetime:
    """Return the end of the promised day in India; `days` counts from today's date there."""
    today = (now + _INDIA).replace(hour=23, minute=59, second=59, microsecond=0)
    return today + timedelta(days=days) - _INDIA


def _discount(code: str | None, coupon: Coupon | None, subtotal: int, today: date) -> int:
    if code is None:
        return 0
    if coupon is None:
        msg = f"there is no coupon {code[:40]!r}"
        raise CouponRefused(msg)
    discount = percent_of(subtotal, coupon.percent_off)
    if refusal := coupon.refusal(discount, today):
        raise CouponRefused(refusal)
    return discount


def _refusal_of_cod(request: PricingRequest, total: int) -> str | None:
    """Return why this total cannot be paid on delivery, or None if it can."""
    if not request.route.cod:
        return "the courier takes no cash on delivery at this PIN code"
    if total > request.cod_limit_paise:
        limit = format_inr(request.cod_limit_paise)
        return f"cash on delivery is offered up to {limit}, this order is {format_inr(total)}"
    if total < request.cod_minimum_paise:
        least = format_inr(request.cod_minimum_paise)
        return f"cash on delivery is offered from {least}, this order is {format_inr(total)}"
    return None


def _refuse_unserved(route: Route, no_cod: str | None) -> None:
    if not route.serviceable:
        raise InvalidCart(
            [
                FieldError(
                    field="shipping_address.pincode",
                    message="no courier delivers to this PIN code",
                    remedy="choose another delivery address",
                )
            ]
        )
    if no_cod:
        raise InvalidCart(
            [
                FieldError(
                    field="payment_method",
                    message=no_cod,
                    remedy="choose prepaid",
                )
            ]
        )


def _lines(
    pairs: Sequence[tuple[Product, int]],
    gross: Sequence[int],
    discount: int,
    shipping: int,
    cod_fee: int,
) -> tuple[OrderLine, ...]:
    discounts, shippings, fees = (
        apportion(total, gross) for total in (discount, shipping, cod_fee)
    )
    return tuple(
        OrderLine(
            sku=product.sku,
            name=product.name,
            hsn=product.hsn,
            gst_rate=product.gst_rate,
            quantity=quantity,
            unit_price_paise=product.price_paise,
            gross_paise=gross[index],
            discount_paise=discounts[index],
            shipping_paise=shippings[index],
            cod_fee_paise=fees[index],
            weight_g=product.weight_g * quantity,
        )
        for index, (product, quantity) in enumerate(pairs)
    )
