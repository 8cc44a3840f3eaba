"""Prices before an order."""

from dataclasses import replace

from fastapi import APIRouter

from api.dependencies import Deps
from api.place_of_supply import state_of_pincode
from api.problems.catalogue import (
    BODY_TOO_LARGE,
    COUPON_REFUSED,
    INVALID_CART,
    INVALID_REQUEST,
    MALFORMED_BODY,
    SERVICE_UNAVAILABLE,
)
from api.problems.openapi import problems
from api.quoting import Cart, price
from api.schemas.carts import QuoteRequest
from api.schemas.catalogue import QuoteBody
from domain.errors import FieldError, InvalidCart
from domain.tax import canonical_state, place_of_supply

router = APIRouter(tags=["catalogue"])


@router.post(
    "/quotes",
    responses=problems(
        MALFORMED_BODY,
        BODY_TOO_LARGE,
        INVALID_REQUEST,
        INVALID_CART,
        COUPON_REFUSED,
        SERVICE_UNAVAILABLE,
    ),
)
async def quote(request: QuoteRequest, deps: Deps) -> QuoteBody:
    """Price a cart. Nothing is held; stock and coupon are taken when the order is placed."""
    state = canonical_state(request.state) if request.state else None
    cart = Cart(
        items=tuple(item.item() for item in request.items),
        pincode=request.pincode,
        place_of_supply=place_of_supply(state or state_of_pincode(request.pincode), request.gstin),
        payment_method=request.payment_method,
        coupon=request.coupon or None,
        binding=False,
        gstin=request.gstin,
    )
    try:
        return QuoteBody.of(await price(deps, cart, request.errors()))
    except InvalidCart as error:
        raise InvalidCart([_own_field(each) for each in error.errors]) from error


def _own_field(error: FieldError) -> FieldError:
    """Return the error with the name that the field has in a quote."""
    return replace(error, field=error.field.removeprefix("shipping_address."))
