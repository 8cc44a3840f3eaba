"""Stock and coupons: what an order takes from the shop before it is paid, and gives back."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.failures import refusals
from domain.cart import CartItem
from domain.order import Allocation
from domain.ports import Coupons, Inventory


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldStockInput:
    """All lines of an order, and where they go."""

    order_id: str
    items: tuple[CartItem, ...]
    pincode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldStockResult:
    """From which warehouses the lines will come; one parcel each."""

    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderReference:
    """Just the order."""

    order_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RestockInput:
    """A parcel's goods that go back on the shelf."""

    order_id: str
    shipment: int
    allocation: Allocation


@dataclass(frozen=True, kw_only=True, slots=True)
class RedeemCouponInput:
    """A discount to be taken from a coupon's budget."""

    order_id: str
    code: str
    discount_paise: int
    at: datetime
    life: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreCouponInput:
    """A discount to be given back; `life` counts how often the order began, from 1."""

    order_id: str
    life: int = 1


class InventoryActivities:
    """Idempotent by order id (and parcel number), as the ports promise."""

    def __init__(self, inventory: Inventory, coupons: Coupons) -> None:
        """Receive the ports."""
        self._inventory = inventory
        self._coupons = coupons

    @activity.defn
    async def hold_stock(self, request: HoldStockInput) -> HoldStockResult:
        """Hold all lines or none. Fails for good with `OutOfStock`, whose details name the SKUs."""
        with refusals():
            allocations = await self._inventory.hold(
                request.order_id, request.items, request.pincode
            )
        return HoldStockResult(allocations=allocations)

    @activity.defn
    async def commit_stock(self, order: OrderReference) -> None:
        """Turn the hold into a sale. Fails for good with `OutOfStock` if the hold is gone."""
        with refusals():
            await self._inventory.commit(order.order_id)

    @activity.defn
    async def release_stock(self, order: OrderReference) -> None:
        """Give back the hold, also one that never happened."""
        with refusals():
            await self._inventory.release(order.order_id)

    @activity.defn
    async def restock(self, request: RestockInput) -> None:
        """Put a parcel's committed goods back."""
        with refusals():
            await self._inventory.restock(request.order_id, request.shipment, request.allocation)

    @activity.defn
    async def redeem_coupon(self, request: RedeemCouponInput) -> None:
        """Take the discount from the coupon's budget. Fails for good with `CouponRefused`."""
        with refusals():
            await self._coupons.redeem(
                request.order_id,
                request.code,
                request.discount_paise,
                request.at,
                request.life,
            )

    @activity.defn
    async def restore_coupon(self, request: RestoreCouponInput) -> None:
        """Give the discount back to the budget, also one that was never taken."""
        with refusals():
            await self._coupons.restore(request.order_id, request.life)
