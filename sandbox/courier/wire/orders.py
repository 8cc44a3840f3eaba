"""How an order looks in the seller's panel: creation, listing, details, NDR rows."""

from typing import Any

from sandbox.courier.booking import courier_name
from sandbox.courier.movement.clockwork import remittance_due_at
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import OrderStatus, ShipmentStatus
from sandbox.courier.wire import ist
from sandbox.courier.wire.order_form import collectable_paise, ships_to_billing
from sandbox.courier.wire.rupees import as_number, as_text, to_paise


def created(parcel: Parcel) -> dict[str, Any]:
    """Return the answer to a creation, also to a repeated one."""
    if parcel.is_return:
        return {
            "order_id": parcel.order_id,
            "shipment_id": parcel.shipment_id,
            "status": parcel.panel_status.label.upper(),
            "status_code": parcel.order_status,
            "company_name": str(parcel.form.get("company_name") or "Sandbox Retail"),
        }
    return {
        "order_id": parcel.order_id,
        "shipment_id": parcel.shipment_id,
        "status": parcel.panel_status.label.upper(),
        "status_code": parcel.order_status,
        "onboarding_completed_now": 0,
        "awb_code": parcel.awb,
        "courier_company_id": parcel.courier_id,
        "courier_name": courier_name(parcel) or None,
    }


def listed(parcel: Parcel) -> dict[str, Any]:
    """Return the row of an order listing; its `shipments` is an array, unlike in the details."""
    return _common(parcel) | {
        "shipments": [
            {
                "id": parcel.shipment_id,
                "isd_code": "+91",
                "courier": courier_name(parcel),
                "weight": float(parcel.form["weight"]),
                "dimensions": _dimensions(parcel),
                "pickup_scheduled_date": ist.plain(parcel.pickup_scheduled_at),
                "pickup_token_number": parcel.pickup_token,
                "awb": parcel.awb or "",
                "return_awb": "",
                "volumetric_weight": _volumetric_kg(parcel),
                "pod": None,
                "etd": ist.plain(parcel.etd) or "NA",
                "rto_delivered_date": _moment(parcel, ShipmentStatus.RTO_DELIVERED)
                or "0000-00-00 00:00:00",
                "delivered_date": _moment(parcel, ShipmentStatus.DELIVERED),
                "etd_escalation_btn": False,
            }
        ],
        "activities": ["ORDER_CREATED"],
        "allow_return": 0,
        "is_incomplete": 0,
        "errors": [],
    }


def details(parcel: Parcel, *, now: float) -> dict[str, Any]:
    """Return the body of `orders/show`; the remittance appears once the cash has been paid out."""
    return {
        "data": _common(parcel)
        | {
            "shipments": _shipment(parcel),
            "awb_data": _awb_data(parcel),
            "order_date": ist.panel(parcel.created_at)[:11],
            "updated_at": ist.panel(parcel.scans[-1].at if parcel.scans else parcel.created_at),
            "is_return": int(parcel.is_return),
            "others": {
                "weight": str(parcel.form["weight"]),
                "quantity": _units(parcel),
                "shipping_charges": str(parcel.form.get("shipping_charges") or "0"),
                "billing_isd_code": "+91",
            },
            "etd_date": ist.plain(parcel.etd),
            "out_for_delivery_date": _moment(parcel, ShipmentStatus.OUT_FOR_DELIVERY),
            "delivered_date": _moment(parcel, ShipmentStatus.DELIVERED),
            "qc_status": "",
            "qc_reason": "",
            "qc_image": "",
            **_remittance(parcel, now),
        }
    }


def ndr_row(parcel: Parcel) -> dict[str, Any]:
    """Return a parcel's row in the list of failed deliveries."""
    form = parcel.form
    last = parcel.attempts[-1]
    items = form.get("order_items") or [{}]
    side = "billing" if ships_to_billing(form) else "shipping"
    return {
        "id": parcel.order_id,
        "shipment_id": parcel.shipment_id,
        **_customer(parcel, side),
        "payment_status": "2",
        "status": OrderStatus.UNDELIVERED.label.upper(),
        "status_code": int(OrderStatus.UNDELIVERED),
        "payment_method": str(form.get("payment_method", "")).lower(),
        "created_at": ist.panel_with_comma(parcel.created_at),
        "reason": last.reason,
        "attempts": len(parcel.attempts),
        "ndr_raised_at": ist.plain(last.at),
        "courier": courier_name(parcel),
        "awb_code": parcel.awb,
        "escalation_status": "N/A",
        "product_name": str(items[0].get("name", "")),
        "product_price": as_text(collectable_paise(form)),
        "shipment_channel_id": 152865,
        "history": [
            {
                "id": parcel.order_id * 10 + number,
                "ndr_id": parcel.order_id,
                "ndr_reason": attempt.reason,
                "action_by": 2 if attempt.action else 3,
                "ndr_attempt": number,
                "medium": None,
                "ndr_push_status": 2 if attempt.action else 0,
                "comment": attempt.comments,
                "ndr_raised_at": ist.plain(attempt.at),
            }
            for number, attempt in enumerate(parcel.attempts, start=1)
        ],
        "delivered_date": _moment(parcel, ShipmentStatus.DELIVERED) or "",
    }


def _common(parcel: Parcel) -> dict[str, Any]:
    form = parcel.form
    side = "pickup" if parcel.is_return else "billing"
    total = collectable_paise(form)
    return {
        "id": parcel.order_id,
        "channel_id": 38026,
        "channel_name": "MANUAL",
        "base_channel_code": "CS",
        "channel_order_id": parcel.seller_order_id,
        **_customer(parcel, side),
        "customer_country": str(form.get(f"{side}_country", "")),
        "pickup_location": str(form.get("pickup_location", "")),
        "currency": "INR",
        "total": as_number(total),
        "net_total": as_text(total),
        "cod": int(parcel.is_cash),
        "tax": 0,
        "discount": as_number(to_paise(form.get("total_discount")) or 0),
        "status": parcel.panel_status.label.upper(),
        "status_code": parcel.order_status,
        "payment_method": str(form.get("payment_method", "")).lower(),
        "channel_created_at": ist.panel(parcel.created_at),
        "created_at": ist.panel(parcel.created_at),
        "products": [_product(item) for item in form.get("order_items", [])],
        "invoice_no": str(form.get("invoice_number") or ""),
    }


def _customer(parcel: Parcel, side: str) -> dict[str, Any]:
    form = parcel.form
    first = str(form.get(f"{side}_customer_name", ""))
    return {
        "customer_name": f"{first} {form.get(f'{side}_last_name') or ''}",
        "customer_email": str(form.get(f"{side}_email") or ""),
        "customer_phone": str(form.get(f"{side}_phone") or ""),
        "customer_address": str(form.get(f"{side}_address") or ""),
        "customer_address_2": form.get(f"{side}_address_2") or None,
        "customer_city": str(form.get(f"{side}_city") or ""),
        "customer_state": str(form.get(f"{side}_state") or ""),
        "customer_pincode": str(form.get(f"{side}_pincode") or ""),
    }


def _product(item: dict[str, Any]) -> dict[str, Any]:
    price = to_paise(item.get("selling_price")) or 0
    return {
        "name": item.get("name"),
        "sku": item.get("sku"),
        "channel_sku": item.get("sku"),
        "hsn": str(item.get("hsn") or ""),
        "price": as_number(price),
        "selling_price": as_number(price),
        "quantity": int(str(item.get("units", 0))),
        "tax_percentage": item.get("tax") or 0,
        "discount": item.get("discount") or 0,
        "status": 1,
    }


def _shipment(parcel: Parcel) -> dict[str, Any]:
    form = parcel.form
    return {
        "id": parcel.shipment_id,
        "order_id": parcel.order_id,
        "cost": "0.00",
        "tax": "0.00",
        "awb": parcel.awb,
        "rto_awb": "",
        "awb_assign_date": ist.plain(parcel.awb_assigned_at),
        "etd": ist.plain(parcel.etd) or "",
        "delivered_date": _moment(parcel, ShipmentStatus.DELIVERED) or "",
        "quantity": _units(parcel),
        "cod_charges": as_text(parcel.cash_fee_paise),
        "weight": float(form["weight"]),
        "volumetric_weight": _volumetric_kg(parcel),
        "dimensions": _dimensions(parcel),
        "courier": courier_name(parcel),
        "courier_id": parcel.courier_id or "",
        "manifest_id": "" if parcel.manifested_at is None else f"MANIFEST-{parcel.order_id}",
        "status": parcel.status.label.upper(),
        "isd_code": "+91",
        "created_at": ist.ordinal(parcel.created_at),
        "pickup_scheduled_date": ist.plain(parcel.pickup_scheduled_at),
        "pickup_token_number": parcel.pickup_token,
        "rto_initiated_date": _moment(parcel, ShipmentStatus.RTO_INITIATED) or "",
        "rto_delivered_date": _moment(parcel, ShipmentStatus.RTO_DELIVERED) or "",
        "shipped_date": _moment(parcel, ShipmentStatus.PICKED_UP) or "",
        "is_rto": parcel.moment_of(ShipmentStatus.RTO_INITIATED) is not None,
        "is_single_shipment": True,
    }


def _awb_data(parcel: Parcel) -> dict[str, Any]:
    booked = parcel.awb is not None
    return {
        "awb": parcel.awb or "",
        "applied_weight": parcel.charged_weight_kg if booked else "",
        "charged_weight": parcel.charged_weight_kg if booked else "",
        "billed_weight": "",
        "routing_code": "",
        "rto_routing_code": "",
        "charges": {
            "zone": parcel.zone,
            "cod_charges": as_text(parcel.cash_fee_paise) if booked else "",
            "freight_charges": as_text(parcel.freight_paise) if booked else "",
            "applied_weight_amount": as_text(parcel.freight_paise) if booked else "",
        },
    }


def _remittance(parcel: Parcel, now: float) -> dict[str, str]:
    due_at = remittance_due_at(parcel)
    if due_at is None or now < due_at:
        return {"remittance_date": "", "remittance_utr": "", "remittance_status": ""}
    return {
        "remittance_date": ist.day(due_at),
        "remittance_utr": f"SBXN{parcel.order_id:012d}",
        "remittance_status": "Remittance Success",
    }


def _moment(parcel: Parcel, status: ShipmentStatus) -> str | None:
    return ist.plain(parcel.moment_of(status))


def _dimensions(parcel: Parcel) -> str:
    return "x".join(f"{float(parcel.form[side]):.3f}" for side in ("length", "breadth", "height"))


def _volumetric_kg(parcel: Parcel) -> float:
    form = parcel.form
    return round(float(form["length"]) * float(form["breadth"]) * float(form["height"]) / 5000, 3)


def _units(parcel: Parcel) -> int:
    return sum(int(str(item.get("units", 0))) for item in parcel.form.get("order_items", []))
