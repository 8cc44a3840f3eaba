"""Prices a cart: the same steps for a quote and for an order."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from api.dependencies import Dependencies
from domain.cart import CartItem, PaymentMethod, item_errors, require_valid
from domain.catalogue import CatalogueSnapshot
from domain.errors import CourierUnavailable, FieldError, StoreUnavailable
from domain.ports import RouteRequest
from domain.pricing import PricingRequest, Quote, Route, price_cart, promise
from domain.status import OrderStatus

ROUTE_DEADLINE_S: Final = 2.0
"""A customer waits for a price; beyond this the usual promise is as good."""
USUAL_DAYS: Final = 7
KNOWN_BY: Final = frozenset({OrderStatus.DELIVERED, OrderStatus.COMPLETED})
"""An order that came this far makes a customer a known one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cart:
    """What is to be priced. `binding`: an order follows, so cash on delivery must be certain.

    `customer_id` is None while nobody has signed in; a business has a `gstin`.
    """

    items: tuple[CartItem, ...]
    pincode: str
    place_of_supply: str
    payment_method: PaymentMethod
    coupon: str | None
    binding: bool
    customer_id: str | None = None
    gstin: str | None = None


async def price(deps: Dependencies, cart: Cart, other_errors: Iterator[FieldError]) -> Quote:
    """Price a cart from catalogue, coupon, courier and tax.

    Raises:
        InvalidCart: names every wrong field, the lines' and the others'.
        CouponRefused: the coupon cannot be used.
        CourierUnavailable: a binding cash-on-delivery cart, and the courier cannot be asked.
    """
    snapshot = await deps.catalogue.snapshot([item.sku for item in cart.items], cart.coupon)
    known = {product.sku for product in snapshot.products}
    require_valid(chain(item_errors(cart.items, known), other_errors, _needs_irn(deps, cart)))
    if not snapshot.warehouses:
        message = "the catalogue holds no warehouse"
        raise StoreUnavailable(message)
    request = PricingRequest(
        items=cart.items,
        payment_method=cart.payment_method,
        place_of_supply=cart.place_of_supply,
        route=await _route(deps, cart, snapshot),
        cod_limit_paise=await _cod_limit(deps, cart),
        cod_minimum_paise=deps.settings.cod_minimum_paise,
        cod_fee_paise=deps.settings.cod_fee_paise,
        coupon=cart.coupon,
    )
    return price_cart(request, snapshot)


async def _cod_limit(deps: Dependencies, cart: Cart) -> int:
    """Return up to which total this customer may pay on delivery.

    New customers refuse parcels at the door more often, so a lower limit can be set for them.
    """
    limit, first = deps.settings.cod_limit_paise, deps.settings.cod_first_order_limit_paise
    if not first or cart.customer_id is None or cart.payment_method is not PaymentMethod.COD:
        return limit
    orders = await deps.views.of_customer(cart.customer_id)
    return limit if any(view.status in KNOWN_BY for view in orders) else min(limit, first)


def _needs_irn(deps: Dependencies, cart: Cart) -> Iterator[FieldError]:
    """Yield an error for a business whose invoice would need an IRN, which we cannot get."""
    if deps.settings.e_invoicing and cart.gstin is not None:
        yield FieldError(
            field="customer.gstin",
            message="this shop cannot issue the e-invoice (IRN) that a business needs",
            remedy="leave it out to buy as a consumer",
        )


async def _route(deps: Dependencies, cart: Cart, snapshot: CatalogueSnapshot) -> Route:
    """Return the courier's word, or the usual promise when it cannot be asked.

    A prepaid order need not wait for the courier: booking asks it again. Cash on delivery is
    promised to nobody whose PIN code may not have it.
    """
    is_cod = cart.payment_method is PaymentMethod.COD
    usual = promise(deps.clock.now(), USUAL_DAYS)
    weights = {product.sku: product.weight_g for product in snapshot.products}
    request = RouteRequest(
        from_pincode=snapshot.warehouses[0].pincode,
        to_pincode=cart.pincode,
        weight_g=sum(weights[item.sku] * item.quantity for item in cart.items),
        cod=is_cod,
    )
    try:
        async with asyncio.timeout(ROUTE_DEADLINE_S):
            route = await deps.routes.route(request)
    except (CourierUnavailable, TimeoutError) as error:
        if is_cod and cart.binding:
            message = "the courier cannot say whether it takes cash there"
            raise CourierUnavailable(message) from error
        return Route(serviceable=True, cod=True, promised_by=usual)
    return Route(
        serviceable=route.serviceable, cod=route.cod, promised_by=route.promised_by or usual
    )
