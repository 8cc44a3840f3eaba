"""Every parcel of the account, found by each of its numbers, written through to the store."""

import re
from collections.abc import Iterator
from typing import Final

from sandbox.courier.movement.parcel import Parcel
from sandbox.documents import DocumentStore

_DIGITS: Final = re.compile(r"[0-9]{1,18}")


class Parcels:
    """The parcels. Save one after changing it; the indexes follow its AWB."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._by_order: dict[int, Parcel] = {}
        self._by_shipment: dict[int, Parcel] = {}
        self._by_seller: dict[str, Parcel] = {}
        self._by_awb: dict[str, Parcel] = {}
        for _, document in store.all("parcel"):
            self._index(Parcel.from_document(document))

    def __iter__(self) -> Iterator[Parcel]:
        return iter(list(self._by_order.values()))

    def __len__(self) -> int:
        return len(self._by_order)

    def save(self, parcel: Parcel) -> None:
        """Store a parcel, new or changed, before anything is said about it to anyone."""
        self._store.put("parcel", f"{parcel.order_id:012d}", parcel.as_document())
        self._index(parcel)

    def of_order(self, order_id: object) -> Parcel | None:
        """Return the parcel with the provider's order id (a number or its digits)."""
        return self._by_order.get(_number(order_id))

    def of_shipment(self, shipment_id: object) -> Parcel | None:
        """Return the parcel with the provider's shipment id (a number or its digits)."""
        return self._by_shipment.get(_number(shipment_id))

    def of_seller(self, seller_order_id: str) -> Parcel | None:
        """Return the parcel with the seller's own order id."""
        return self._by_seller.get(seller_order_id)

    def of_awb(self, awb: object) -> Parcel | None:
        """Return the parcel that bears an AWB now."""
        parcel = self._by_awb.get(str(awb))
        return parcel if parcel is not None and parcel.awb == str(awb) else None

    def _index(self, parcel: Parcel) -> None:
        self._by_order[parcel.order_id] = parcel
        self._by_shipment[parcel.shipment_id] = parcel
        self._by_seller[parcel.seller_order_id] = parcel
        if parcel.awb is not None:
            self._by_awb[parcel.awb] = parcel


def _number(value: object) -> int:
    text = str(value).strip()
    return int(text) if _DIGITS.fullmatch(text) else -1
