"""Places an order at most once per idempotency key, and gives each repeat the first answer."""

import json

from api.dependencies import Dependencies
from api.problems.catalogue import IDEMPOTENCY_KEY_REUSED
from api.problems.problem import Problem
from api.quoting import Cart, price
from api.schemas.carts import OrderRequest
from domain import ids
from domain.messages import CheckoutAnswer
from domain.order import Placement
from domain.ports import CheckoutRecord
from domain.tax import place_of_supply
from domain.wire import from_json, to_json


class OrderPlacement:
    """One attempt to place an order under a customer's key."""

    def __init__(
        self, deps: Dependencies, customer_id: str, key: str, request: OrderRequest
    ) -> None:
        self._deps = deps
        self._customer_id = customer_id
        self._key = key
        self._request = request.normalised()
        self._order_id = ids.order_id_for(customer_id, key)

    async def place(self) -> CheckoutAnswer:
        """Return the answer of the order's workflow, or the one that this key was given before.

        The price comes first and is not claimed: a wrong cart may be corrected under the same key.
        What the workflow has answered, a refusal too, stands for ever.

        Raises:
            Problem: the key was used with another body.
            InvalidCart, CouponRefused: the cart cannot be priced.
            OrderUnavailable: no answer in time; the same key re-attaches.
        """
        record = await self._deps.checkouts.find(self._customer_id, self._key)
        if answer := self._given(record):
            return answer
        if record and (answer := await self._answer_of_view()):
            return await self._settled(answer)
        placement = await self._placement()
        record = await self._deps.checkouts.claim(self._record())
        if answer := self._given(record):
            return answer
        return await self._settled(await self._deps.commands.checkout(placement))

    def _given(self, record: CheckoutRecord | None) -> CheckoutAnswer | None:
        """Return the answer that stands in a record of the same body, if there is one yet."""
        if record is None:
            return None
        if record.body_sha256 != self._request.digest():
            raise Problem(IDEMPOTENCY_KEY_REUSED)
        return from_json(CheckoutAnswer, json.loads(record.answer)) if record.answer else None

    async def _placement(self) -> Placement:
        request, deps = self._request, self._deps
        address, customer = request.shipping_address.address(), request.customer.customer()
        cart = Cart(
            items=tuple(item.item() for item in request.items),
            pincode=address.pincode,
            place_of_supply=place_of_supply(address.state, customer.gstin),
            payment_method=request.payment_method,
            coupon=request.coupon,
            binding=True,
            gstin=customer.gstin,
            customer_id=self._customer_id,
        )
        return Placement(
            order_id=self._order_id,
            customer_id=self._customer_id,
            customer=customer,
            shipping_address=address,
            quote=await price(deps, cart, request.errors()),
            placed_at=deps.clock.now(),
            terms=deps.settings.terms,
        )

    async def _answer_of_view(self) -> CheckoutAnswer | None:
        """Return the answer of an order that was placed although nobody lived to write it down.

        The cart may no longer have a price, and Temporal forgets a closed run in the end: starting
        again would then place the order a second time. So the view is asked first.
        """
        view = await self._deps.views.get(self._order_id)
        if view is None:
            return None
        return CheckoutAnswer(
            order_id=view.order_id,
            status=view.status,
            sequence=view.sequence,
            epoch=view.epoch,
            total_paise=view.total_paise,
            payment=view.payment_order,
        )

    def _record(self) -> CheckoutRecord:
        return CheckoutRecord(
            customer_id=self._customer_id,
            key=self._key,
            order_id=self._order_id,
            body_sha256=self._request.digest(),
            created_at=self._deps.clock.now(),
        )

    async def _settled(self, answer: CheckoutAnswer) -> CheckoutAnswer:
        text = json.dumps(to_json(answer), separators=(",", ":"))
        await self._deps.checkouts.settle(self._customer_id, self._key, text)
        return answer
