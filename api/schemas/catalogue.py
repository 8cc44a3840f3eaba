"""Products and quotes as clients see them."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from domain.cart import PaymentMethod
from domain.catalogue import Product
from domain.pricing import OrderLine, Quote


class ProductBody(BaseModel):
    """One SKU. The price is for one unit and includes GST; `available` units can be ordered now."""

    sku: str = Field(examples=["COFFEE-FIL-500"])
    name: str
    description: str
    price_paise: int = Field(examples=[79900])
    currency: str = "INR"
    gst_rate: int = Field(examples=[5])
    hsn: str
    weight_g: int
    available: int

    @classmethod
    def of(cls, product: Product, available: int) -> "ProductBody":
        """Return the body of a product with its stock."""
        return cls(
            sku=product.sku,
            name=product.name,
            description=product.description,
            price_paise=product.price_paise,
            gst_rate=product.gst_rate,
            hsn=product.hsn,
            weight_g=product.weight_g,
            available=available,
        )


class ProductList(BaseModel):
    """The catalogue."""

    products: list[ProductBody]


class LineBody(BaseModel):
    """One priced line; `charged_paise` is what the customer pays for it in all."""

    sku: str
    name: str
    quantity: int
    unit_price_paise: int
    gst_rate: int
    gross_paise: int
    discount_paise: int
    shipping_paise: int
    cod_fee_paise: int
    charged_paise: int

    @classmethod
    def all_of(cls, lines: Sequence[OrderLine]) -> "list[LineBody]":
        """Return the bodies of an order's or quote's lines."""
        return [cls.of(line) for line in lines]

    @classmethod
    def of(cls, line: OrderLine) -> "LineBody":
        """Return the body of one line."""
        return cls(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price_paise=line.unit_price_paise,
            gst_rate=line.gst_rate,
            gross_paise=line.gross_paise,
            discount_paise=line.discount_paise,
            shipping_paise=line.shipping_paise,
            cod_fee_paise=line.cod_fee_paise,
            charged_paise=line.charged_paise,
        )


class TaxBody(BaseModel):
    """The GST inside the total; final once the lines are allocated to warehouses."""

    taxable_paise: int
    cgst_paise: int
    sgst_paise: int
    utgst_paise: int
    igst_paise: int

    @classmethod
    def of(cls, quote: Quote) -> "TaxBody":
        """Return the tax of a quote."""
        tax = quote.tax
        return cls(
            taxable_paise=tax.taxable_paise,
            cgst_paise=tax.cgst_paise,
            sgst_paise=tax.sgst_paise,
            utgst_paise=tax.utgst_paise,
            igst_paise=tax.igst_paise,
        )


class QuoteBody(BaseModel):
    """A priced cart. The total is what an order placed now would cost."""

    lines: list[LineBody]
    subtotal_paise: int
    discount_paise: int
    shipping_paise: int
    cod_fee_paise: int
    total_paise: int
    currency: str
    tax: TaxBody
    coupon: str | None
    payment_method: PaymentMethod
    cod_allowed: bool
    promised_by: datetime | None

    @classmethod
    def of(cls, quote: Quote) -> "QuoteBody":
        """Return the body of a quote."""
        return cls(
            lines=LineBody.all_of(quote.lines),
            subtotal_paise=quote.subtotal_paise,
            discount_paise=quote.discount_paise,
            shipping_paise=quote.shipping_paise,
            cod_fee_paise=quote.cod_fee_paise,
            total_paise=quote.total_paise,
            currency=quote.currency,
            tax=TaxBody.of(quote),
            coupon=quote.coupon,
            payment_method=quote.payment_method,
            cod_allowed=quote.cod_allowed,
            promised_by=quote.promised_by,
        )
