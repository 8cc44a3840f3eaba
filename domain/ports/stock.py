"""What the shop has: catalogue, stock, coupons."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.cart import CartItem
from domain.catalogue import CatalogueSnapshot, Product, StockLevel, Warehouse
from domain.order import Allocation


class Catalogue(Protocol):
    """Products, warehouses and coupons."""

    async def products(self) -> Sequence[Product]:
        """Return everything on sale, by SKU."""
        ...

    async def warehouse(self, code: str) -> Warehouse:
        """Return one warehouse.

        Raises:
            KeyError: there is none of this code.
        """
        ...

    async def snapshot(self, skus: Sequence[str], coupon: str | None) -> CatalogueSnapshot:
        """Return what pricing needs; unknown SKUs and coupons are simply absent."""
        ...

    async def stock(self, skus: Sequence[str]) -> Sequence[StockLevel]:
        """Return the units that can be ordered now, per SKU and warehouse."""
        ...


class Inventory(Protocol):
    """Stock of the warehouses, as a ledger with one movement per order, SKU, warehouse and kind."""

    async def hold(
        self, order_id: str, items: Sequence[CartItem], pincode: str
    ) -> tuple[Allocation, ...]:
        """Hold all lines or none, in as few warehouses as possible; return where from.

        Idempotent by order: a repeat returns the first allocation. After a release it raises.

        Raises:
            OutOfStock: some lines are short; nothing is held.
        """
        ...

    async def commit(self, order_id: str) -> None:
        """Turn the hold into sold stock. Idempotent; a released order's stock is held again first.

        Raises:
            OutOfStock: the hold had been released and stock no longer allows it.
        """
        ...

    async def release(self, order_id: str) -> None:
        """Give back the hold. Idempotent, also when it never happened; later holds then fail."""
        ...

    async def held_before(self, moment: datetime, limit: int) -> Sequence[str]:
        """Return orders whose stock has been held, and only held, since before this time."""
        ...

    async def restock(self, order_id: str, shipment: int, allocation: Allocation) -> None:
        """Put a parcel's committed goods back on the shelf. Idempotent by order and shipment."""
        ...


class Coupons(Protocol):
    """The budgets of coupons."""

    async def redeem(
        self, order_id: str, code: str, discount_paise: int, at: datetime, life: int = 1
    ) -> None:
        """Take a discount from the coupon's budget. Idempotent by order and life.

        An order that is revived redeems anew, in its next life; a late repeat of an earlier one
        then takes nothing.

        Raises:
            CouponRefused: unknown, not valid at this time, or the budget does not suffice.
            ImpossibleStep: this life's discount was given back already.
        """
        ...

    async def restore(self, order_id: str, life: int = 1) -> None:
        """Give the order's discount back to the budget. Idempotent, also if never redeemed.

        A late repeat of an earlier life gives nothing back.
        """
        ...
