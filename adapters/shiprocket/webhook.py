"""Shiprocket's webhook: which parcel of ours moved, and where to. Standard library only.

It has no signature and no event id, repeats the whole history each time, and also tells of parcels
that were made elsewhere on the account: it is a hint, and the workflow only follows it forward.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.shiprocket.access import verify_token
from adapters.shiprocket.forms import moment
from adapters.shiprocket.statuses import state_of
from domain.ids import parse_seller_reference
from domain.shipment import CourierUpdate
from domain.wire import Unreadable

__all__ = ["CourierWebhook", "Unreadable", "parse", "verify_token"]

_REFERENCE = re.compile(r"(?<![a-z0-9])ord_[a-z2-7]{20}-\d{1,3}(?:-r\d{1,3})?(?![a-z0-9-])")


@dataclass(frozen=True, kw_only=True, slots=True)
class CourierWebhook:
    """News of a parcel of ours.

    Attributes:
        reference: our seller reference, `<order_id>-<shipment>[-r<n>]`.
        order_id, shipment: the two parts of it.
        update: what the order's workflow should hear, its AWB still to be checked; None when the
            parcel has not moved for us (a label was printed, a pickup rescheduled).
    """

    reference: str
    order_id: str
    shipment: int
    update: CourierUpdate | None


def parse(body: bytes | str, received_at: datetime) -> CourierWebhook | None:
    """Read a webhook; None if it is about somebody else's parcel, or about a return.

    Args:
        body: as received.
        received_at: stands in for a moment that the payload does not tell readably.

    Raises:
        Unreadable: it is not a JSON object.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        message = f"not a Shiprocket webhook: {error}"
        raise Unreadable(message) from error
    if not isinstance(document, dict):
        message = "not a Shiprocket webhook: no JSON object"
        raise Unreadable(message)
    reference = _reference(document.get("order_id"))
    parts = parse_seller_reference(reference) if reference else None
    if reference is None or parts is None or str(document.get("is_return") or 0) == "1":
        return None
    order_id, shipment = parts
    return CourierWebhook(
        reference=reference,
        order_id=order_id,
        shipment=shipment,
        update=_update(document, shipment, received_at),
    )


def _reference(seller_order_id: object) -> str | None:
    """Return our reference, which the account's channel may have put a prefix or suffix to."""
    found = _REFERENCE.search(str(seller_order_id or ""))
    return found[0] if found else None


def _update(
    document: Mapping[str, Any], shipment: int, received_at: datetime
) -> CourierUpdate | None:
    state = state_of(
        document.get("shipment_status_id"),
        document.get("shipment_status"),
        document.get("current_status"),
    )
    awb = document.get("awb")
    if state is None or not awb:
        return None
    scan = newest_scan(document.get("scans"))
    return CourierUpdate(
        shipment=shipment,
        awb=str(awb),
        state=state,
        at=moment(document.get("current_timestamp")) or moment(scan.get("date")) or received_at,
        text=str(scan.get("activity") or document.get("shipment_status") or ""),
    )


def newest_scan(oldest_first: object) -> Mapping[str, Any]:
    """Return the latest scan, the last one of those in the same second; empty if there is none."""
    readable = [
        (at, scan)
        for scan in (oldest_first if isinstance(oldest_first, list) else [])
        if isinstance(scan, dict) and (at := moment(scan.get("date"))) is not None
    ]
    readable.reverse()
    return max(readable, key=lambda pair: pair[0])[1] if readable else {}
