"""How a parcel's journey looks on the wire: the track calls and the webhook."""

from typing import Any, Final

from sandbox.courier.booking import courier_name
from sandbox.courier.movement.clockwork import destination, origin
from sandbox.courier.movement.parcel import Parcel, Scan
from sandbox.courier.movement.status import ShipmentStatus, order_status_of
from sandbox.courier.wire.ist import plain, webhook_stamp

CHANNEL_ID: Final = 3422553
NO_ACTIVITIES: Final = (
    "Aahh! There is no activities found in our DB."
    " Please have some patience it will be updated soon."
)
TITLE_CASE: Final = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.AWB_ASSIGNED})
"""Statuses that the track call writes in title case; the others come in capitals."""


def tracking(parcel: Parcel | None, *, site: str) -> dict[str, Any]:
    """Return the answer of a track call: always the truth, newest scan first."""
    if parcel is None or parcel.awb is None:
        return {"tracking_data": {"track_status": 0, "error": NO_ACTIVITIES}}
    return {
        "tracking_data": {
            "track_status": 1,
            "shipment_status": parcel.shipment_status,
            "shipment_track": [_summary(parcel)],
            "shipment_track_activities": [scan_wire(scan) for scan in reversed(parcel.scans)],
            "track_url": f"{site}/tracking/{parcel.awb}",
            "etd": plain(parcel.etd),
            "qc_response": {
                "qc_image": "",
                "qc_failed_reason": qc_failure(parcel),
            },
        }
    }


def webhook(parcel: Parcel, *, scans: int | None = None) -> dict[str, Any]:
    """Return the webhook's body: every scan so far, oldest first, no event id.

    Args:
        parcel: the parcel.
        scans: how many of its scans to tell of; all by default. Fewer make it an older state.
    """
    told = parcel.scans if scans is None else parcel.scans[:scans]
    last = told[-1]
    status = ShipmentStatus(last.status) if last.status is not None else parcel.status
    panel = order_status_of(status, is_return=parcel.is_return) or parcel.panel_status
    return {
        "awb": parcel.awb,
        "courier_name": courier_name(parcel),
        "current_status": panel.label.upper(),
        "current_status_id": int(panel),
        "shipment_status": status.scan_label,
        "shipment_status_id": int(status),
        "current_timestamp": webhook_stamp(last.at),
        "order_id": parcel.seller_order_id,
        "sr_order_id": parcel.order_id,
        "awb_assigned_date": plain(parcel.awb_assigned_at),
        "pickup_scheduled_date": plain(parcel.pickup_scheduled_at),
        "etd": plain(parcel.etd),
        "scans": [scan_wire(scan) for scan in told],
        "is_return": int(parcel.is_return),
        "channel_id": CHANNEL_ID,
        "pod_status": "OTP Based Delivery",
        "pod": "Not Available",
        "qc_image": "",
        "qc_failure_reason": qc_failure(parcel),
    }


def scan_wire(scan: Scan) -> dict[str, Any]:
    """Return one scan as both the track call and the webhook write it."""
    number = "NA" if scan.status is None else str(scan.status)
    label = "NA" if scan.status is None else ShipmentStatus(scan.status).scan_label
    return {
        "date": plain(scan.at),
        "status": scan.code,
        "activity": scan.activity,
        "location": scan.location,
        "sr-status": number,
        "sr-status-label": label,
    }


def qc_failure(parcel: Parcel) -> str:
    """Return why a return failed its check at the door, or an empty text."""
    failed = parcel.status is ShipmentStatus.QC_FAILED
    return "Product does not match the description" if failed else ""


def current_status(parcel: Parcel) -> str:
    """Return the status text of the track call, in the provider's mixed spelling."""
    label = parcel.status.label
    return label if parcel.status in TITLE_CASE else label.upper()


def _summary(parcel: Parcel) -> dict[str, Any]:
    is_delivered = parcel.status is ShipmentStatus.DELIVERED
    side = "shipping" if parcel.is_return else "billing"
    return {
        "id": parcel.shipment_id + 1,
        "awb_code": parcel.awb,
        "courier_company_id": parcel.courier_id,
        "shipment_id": parcel.shipment_id,
        "order_id": parcel.order_id,
        "pickup_date": plain(parcel.moment_of(ShipmentStatus.PICKED_UP)),
        "delivered_date": plain(parcel.moment_of(ShipmentStatus.DELIVERED)),
        "weight": f"{float(parcel.form['weight']):.2f}",
        "packages": 1,
        "current_status": current_status(parcel),
        "delivered_to": destination(parcel),
        "destination": destination(parcel),
        "consignee_name": str(parcel.form.get(f"{side}_customer_name", "")),
        "origin": origin(parcel),
        "courier_agent_details": None,
        "courier_name": courier_name(parcel),
        "edd": plain(parcel.etd),
        "pod": "Available" if is_delivered else "Not Available",
        "pod_status": "OTP Based Delivery" if is_delivered else None,
    }
