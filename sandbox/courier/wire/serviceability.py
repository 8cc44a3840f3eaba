"""How the offers for a route look on the wire: about sixty keys, of which few mean something."""

from collections.abc import Sequence
from typing import Any

from sandbox.courier.network import Quote
from sandbox.courier.wire import ist
from sandbox.courier.wire.rupees import as_number


def serviceability(offers: Sequence[Quote], postcode: str, *, now: float) -> dict[str, Any]:
    """Return the answer for a route that somebody serves; the first offer is recommended."""
    best = offers[0].courier.id
    return {
        "company_auto_shipment_insurance_setting": False,
        "covid_zones": {"delivery_zone": None, "pickup_zone": None},
        "currency": "INR",
        "data": {
            "available_courier_companies": [_offer(one, postcode, now) for one in offers],
            "blocked_courier_companies": [
                {
                    "block_reason": "Operational Issues",
                    "courier_company_id": 33,
                    "courier_name": "Xpressbees Air",
                    "postcode": postcode,
                }
            ],
            "child_courier_id": None,
            "is_recommendation_enabled": 1,
            "recommendation_advance_rule": 0,
            "recommended_by": {"id": 6, "title": "Recommendation By Shiprocket"},
            "recommended_courier_company_id": best,
            "shiprocket_recommended_courier_id": best,
        },
        "dg_courier": 0,
        "eligible_for_insurance": False,
        "insurace_opted_at_order_creation": False,
        "is_allow_templatized_pricing": True,
        "is_latlong": 0,
        "is_old_zone_opted": False,
        "is_zone_from_mongo": True,
        "label_generate_type": 2,
        "on_new_zone": 2,
        "seller_address": [],
        "status": 200,
        "user_insurance_manadatory": False,
    }


def _offer(quote: Quote, postcode: str, now: float) -> dict[str, Any]:
    courier = quote.courier
    return {
        "courier_company_id": courier.id,
        "courier_name": courier.name,
        "courier_type": "0",
        "rate": as_number(quote.rate_paise),
        "freight_charge": as_number(quote.freight_paise),
        "cod": int(courier.takes_cash),
        "cod_charges": as_number(quote.cash_paise),
        "cod_multiplier": courier.cash_percent / 100,
        "coverage_charges": 0,
        "other_charges": 0,
        "entry_tax": 0,
        "rto_charges": as_number(quote.freight_paise),
        "etd": ist.promise(quote.promised_at(now)),
        "etd_hours": quote.days * 24,
        "estimated_delivery_days": str(quote.days),
        "edd": "",
        "rating": courier.rating,
        "delivery_performance": courier.rating,
        "pickup_performance": courier.rating,
        "rto_performance": courier.rating,
        "tracking_performance": courier.rating,
        "min_weight": 0.5,
        "charge_weight": quote.charged_weight_kg,
        "base_weight": "",
        "surface_max_weight": "30.00" if courier.is_surface else "0.00",
        "air_max_weight": "0.00" if courier.is_surface else "30.00",
        "volumetric_max_weight": None,
        "is_surface": courier.is_surface,
        "mode": 0 if courier.is_surface else 1,
        "blocked": 0,
        "odablock": False,
        "qc_courier": int(courier.checks_quality),
        "cutoff_time": "11:00",
        "postcode": postcode,
        "city": "",
        "state": "",
        "zone": quote.zone,
        "region": 1,
        "call_before_delivery": "Available",
        "delivery_boy_contact": "Not Available",
        "pod_available": "Instant",
        "realtime_tracking": "Real Time",
        "is_rto_address_available": True,
        "is_custom_rate": 0,
        "is_hyperlocal": False,
        "is_international": 0,
        "others": '{"cancel_real_time":true}',
        "pickup_availability": "0",
        "rank": "",
        "suppress_date": "",
        "suppression_dates": None,
    }
