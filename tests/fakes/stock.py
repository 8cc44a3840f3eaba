"""The catalogue, the stock and the coupons, in memory."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from adapters.mongo import sample_catalogue
from domain.allocation import allocate
from domain.cart import CartItem
from domain.catalogue import (
    CatalogueSnapshot,
    Coupon,
    Product,
    StockLevel,
    Warehouse,
    indian_day,
)
from domain.errors import CouponRefused, ImpossibleStep, OutOfStock
from domain.order import Allocation


class Shop:
    """What the fakes of catalogue, inventory and coupons share; begins as the sample shop."""

    def __init__(
        self,
        *,
        products: Iterable[Product] = sample_catalogue.PRODUCTS,
        warehouses: Iterable[Warehouse] = sample_catalogue.WAREHOUSES,
        coupons: Iterable[Coupon] = sample_catalogue.COUPONS,
        stock: Iterable[StockLevel] = sample_catalogue.STOCK,
    ) -> None:
        self.products = {product.sku: product for product in products}
        self.warehouses = {warehouse.code: warehouse for warehouse in warehouses}
        self.coupons = {coupon.code: coupon for coupon in coupons}
        self.on_hand = Counter({(s.sku, s.warehouse): s.available for s in stock})
        self.held: Counter[tuple[str, str]] = Counter()

    def levels(self, skus: Iterable[str]) -> list[StockLevel]:
        wanted = set(skus)
        return [
            StockLevel(sku=sku, warehouse=code, available=units - self.held[sku, code])
            for (sku, code), units in sorted(self.on_hand.items())
            if sku in wanted
        ]


class FakeCatalogue:
    """Implements `Catalogue`."""

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()

    async def products(self) -> Sequence[Product]:
        return [self.shop.products[sku] for sku in sorted(self.shop.products)]

    async def warehouse(self, code: str) -> Warehouse:
        return self.shop.warehouses[code]

    async def snapshot(self, skus: Sequence[str], coupon: str | None) -> CatalogueSnapshot:
        known = sorted(set(skus) & self.shop.products.keys())
        return CatalogueSnapshot(
            products=tuple(self.shop.products[sku] for sku in known),
            warehouses=tuple(self.shop.warehouses.values()),
            coupon=self.shop.coupons.get(coupon) if coupon is not None else None,
            taken_at=datetime.now(UTC),
        )

    async def stock(self, skus: Sequence[str]) -> Sequence[StockLevel]:
        return self.shop.levels(skus)


@dataclass(kw_only=True)
class _Hold:
    state: str
    allocations: tuple[Allocation, ...]
    left: Counter[tuple[str, str]]
    restocked: set[int]
    held_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class FakeInventory:
    """Implements `Inventory`. `holds` and the shop's counters may be looked at by tests."""

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()
        self.holds: dict[str, _Hold] = {}
        self.received: set[tuple[str, str, str]] = set()

    async def receive(self, reference: str, levels: Sequence[StockLevel]) -> None:
        for level in levels:
            if (reference, level.sku, level.warehouse) not in self.received:
                self.received.add((reference, level.sku, level.warehouse))
                self.shop.on_hand[level.sku, level.warehouse] += level.available

    async def hold(
        self, order_id: str, items: Sequence[CartItem], pincode: str
    ) -> tuple[Allocation, ...]:
        await asyncio.sleep(0)
        found = self.holds.get(order_id)
        if found is not None:
            if found.state == "released":
                message = f"the stock of order {order_id} was released"
                raise ImpossibleStep(message)
            return found.allocations
        places = {code: warehouse.pincode for code, warehouse in self.shop.warehouses.items()}
        levels = self.shop.levels(item.sku for item in items)
        allocations = allocate(items, levels, places, pincode)
        self.holds[order_id] = _Hold(
            state="held", allocations=allocations, left=_units(allocations), restocked=set()
        )
        self.shop.held += _units(allocations)
        return allocations

    async def held_before(self, moment: datetime, limit: int) -> Sequence[str]:
        old = [key for key, h in self.holds.items() if h.state == "held" and h.held_at < moment]
        return old[:limit]

    async def commit(self, order_id: str) -> None:
        await asyncio.sleep(0)
        hold = self.holds.get(order_id)
        if hold is None or not hold.allocations:
            message = f"nothing was ever held for order {order_id}"
            raise ImpossibleStep(message)
        if hold.state == "committed":
            return
        units = _units(hold.allocations)
        if hold.state == "released":
            self._require(units)
        else:
            self.shop.held -= units
        self.shop.on_hand.subtract(units)
        hold.state, hold.left, hold.restocked = "committed", units, set()

    async def release(self, order_id: str) -> None:
        await asyncio.sleep(0)
        hold = self.holds.setdefault(
            order_id, _Hold(state="released", allocations=(), left=Counter(), restocked=set())
        )
        if hold.state == "held":
            self.shop.held -= hold.left
        elif hold.state == "committed":
            self.shop.on_hand.update(hold.left)
        hold.state, hold.left = "released", Counter()

    async def restock(self, order_id: str, shipment: int, allocation: Allocation) -> None:
        await asyncio.sleep(0)
        hold = self.holds.get(order_id)
        if hold is None or hold.state == "held":
            message = f"order {order_id} has no committed stock to put back"
            raise ImpossibleStep(message)
        if hold.state == "released" or shipment in hold.restocked:
            return
        units = _units([allocation])
        if units - hold.left:
            message = f"order {order_id} has less of parcel {shipment}"
            raise ImpossibleStep(message)
        hold.left -= units
        hold.restocked.add(shipment)
        self.shop.on_hand.update(units)

    def _require(self, units: Counter[tuple[str, str]]) -> None:
        short = sorted(
            {
                sku
                for (sku, code), wanted in units.items()
                if self.shop.on_hand[sku, code] - self.shop.held[sku, code] < wanted
            }
        )
        if short:
            raise OutOfStock(short)


class FakeCoupons:
    """Implements `Coupons`."""

    def __init__(self, shop: Shop | None = None) -> None:
        self.shop = shop or Shop()
        self.redemptions: dict[str, tuple[str, int] | None] = {}
        self.lives: dict[str, int] = {}

    async def redeem(
        self, order_id: str, code: str, discount_paise: int, at: datetime, life: int = 1
    ) -> None:
        await asyncio.sleep(0)
        if order_id in self.redemptions and self.lives[order_id] >= life:
            if self.redemptions[order_id] is None and self.lives[order_id] == life:
                message = f"the discount of order {order_id} was given back"
                raise ImpossibleStep(message)
            return
        coupon = self.shop.coupons.get(code)
        if coupon is None:
            message = f"there is no coupon {code[:40]!r}"
            raise CouponRefused(message)
        if refusal := coupon.refusal(discount_paise, indian_day(at)):
            raise CouponRefused(refusal)
        self.redemptions[order_id], self.lives[order_id] = (code, discount_paise), life
        self._grant(code, discount_paise)

    async def restore(self, order_id: str, life: int = 1) -> None:
        await asyncio.sleep(0)
        if self.lives.get(order_id, 0) > life:
            return
        redeemed = self.redemptions.get(order_id)
        self.redemptions[order_id], self.lives[order_id] = None, life
        if redeemed is not None:
            self._grant(redeemed[0], -redeemed[1])

    def _grant(self, code: str, paise: int) -> None:
        coupon = self.shop.coupons[code]
        self.shop.coupons[code] = replace(coupon, granted_paise=coupon.granted_paise + paise)


def _units(allocations: Iterable[Allocation]) -> Counter[tuple[str, str]]:
    units: Counter[tuple[str, str]] = Counter()
    for allocation in allocations:
        for line in allocation.lines:
            units[line.sku, allocation.warehouse] += line.quantity
    return units
