"""Shiprocket's webhook, and the spellings of its moments and amounts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.shiprocket.forms import moment, order_date, paise, rupees
from adapters.shiprocket.webhook import Unreadable, parse, verify_token
from domain.ids import order_id_for
from domain.shipment import ShipmentState

ORDER_ID = order_id_for("customer", "webhook")
RECEIVED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SCANS = [
    {
        "date": "2023-05-22 09:00:00",
        "activity": "Picked up in Pune",
        "location": "Pune",
        "sr-status": "42",
        "sr-status-label": "PICKED UP",
    },
    {
        "date": "2023-05-23 11:43:52",
        "activity": "Arrived at the hub",
        "location": "Mumbai",
        "sr-status": "18",
        "sr-status-label": "IN TRANSIT",
    },
]


def webhook(**changes: Any) -> bytes:
    body = {
        "awb": "19041424751540",
        "courier_name": "Delhivery Surface",
        "current_status": "IN TRANSIT",
        "current_status_id": 20,
        "shipment_status": "IN TRANSIT",
        "shipment_status_id": 18,
        "current_timestamp": "23 05 2023 11:43:52",
        "order_id": f"{ORDER_ID}-2",
        "sr_order_id": 348456385,
        "scans": SCANS,
        "is_return": 0,
    }
    return json.dumps(body | changes).encode()


def test_a_scan_of_our_parcel_is_told() -> None:
    read = parse(webhook(), RECEIVED)

    assert read is not None
    assert (read.reference, read.order_id, read.shipment) == (f"{ORDER_ID}-2", ORDER_ID, 2)
    assert read.update is not None
    assert read.update.shipment == 2
    assert read.update.awb == "19041424751540"
    assert read.update.state is ShipmentState.IN_TRANSIT
    assert read.update.at == datetime(2023, 5, 23, 6, 13, 52, tzinfo=UTC)
    assert read.update.text == "Arrived at the hub"


def test_the_shipments_number_decides_and_not_the_orders() -> None:
    # 20 is "in transit" for an order and "pickup exception" for a shipment.
    read = parse(webhook(shipment_status_id=20), RECEIVED)
    assert read is not None
    assert read.update is None


def test_without_the_number_the_text_decides() -> None:
    read = parse(webhook(shipment_status_id=None, shipment_status="Delivered"), RECEIVED)
    assert read is not None
    assert read.update is not None
    assert read.update.state is ShipmentState.DELIVERED


@pytest.mark.parametrize(
    "order_id", [f"{ORDER_ID}-1-r2", f"1373900_{ORDER_ID}-1-r2", f"{ORDER_ID}-1-r2_150876814"]
)
def test_a_reference_is_found_between_what_the_channel_adds(order_id: str) -> None:
    read = parse(webhook(order_id=order_id), RECEIVED)
    assert read is not None
    assert (read.reference, read.order_id, read.shipment) == (f"{ORDER_ID}-1-r2", ORDER_ID, 1)


@pytest.mark.parametrize(
    "order_id", ["1373900_150876814", "", None, 12, f"x{ORDER_ID}-1", ORDER_ID]
)
def test_somebody_elses_parcel_is_passed_over(order_id: object) -> None:
    assert parse(webhook(order_id=order_id), RECEIVED) is None


@pytest.mark.parametrize("is_return", [1, "1"], ids=repr)
def test_a_return_is_passed_over(is_return: object) -> None:
    assert parse(webhook(is_return=is_return), RECEIVED) is None


@pytest.mark.parametrize("awb", [None, ""])
def test_a_parcel_without_awb_has_not_moved(awb: object) -> None:
    read = parse(webhook(awb=awb), RECEIVED)
    assert read is not None
    assert read.update is None


@pytest.mark.parametrize("scans", [[], None, "none", [None], [{"date": "soon"}]])
def test_without_scans_the_status_itself_is_told(scans: object) -> None:
    read = parse(webhook(scans=scans), RECEIVED)
    assert read is not None
    assert read.update is not None
    assert read.update.text == "IN TRANSIT"


def test_of_two_scans_in_a_second_the_later_is_told() -> None:
    twins = [{**SCANS[1], "activity": name} for name in ("first", "second")]
    read = parse(webhook(scans=twins), RECEIVED)
    assert read is not None
    assert read.update is not None
    assert read.update.text == "second"


def test_an_unreadable_moment_is_taken_from_the_scan_or_the_receipt() -> None:
    by_scan = parse(webhook(current_timestamp="just now"), RECEIVED)
    by_receipt = parse(webhook(current_timestamp="just now", scans=[]), RECEIVED)
    assert by_scan is not None
    assert by_scan.update is not None
    assert by_scan.update.at == datetime(2023, 5, 23, 6, 13, 52, tzinfo=UTC)
    assert by_receipt is not None
    assert by_receipt.update is not None
    assert by_receipt.update.at == RECEIVED


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
def test_what_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body, RECEIVED)


def test_only_the_token_opens_the_hook() -> None:
    assert verify_token("secret", "secret")
    for wrong in (None, "", "Secret", "₹"):
        assert not verify_token(wrong, "secret")


def test_without_a_token_of_ours_the_hook_stays_shut() -> None:
    assert not verify_token("", "")
    assert not verify_token(None, "")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2022-07-18 20:28:00", datetime(2022, 7, 18, 14, 58, tzinfo=UTC)),
        ("23 05 2023 11:43:52", datetime(2023, 5, 23, 6, 13, 52, tzinfo=UTC)),
        ("12 Mar 2021, 04:16 PM", datetime(2021, 3, 12, 10, 46, tzinfo=UTC)),
        ("28th Aug 2018 07:11 PM", datetime(2018, 8, 28, 13, 41, tzinfo=UTC)),
        ("21 Sep 2022 05:28 PM", datetime(2022, 9, 21, 11, 58, tzinfo=UTC)),
        ("Jul 01, 2024", datetime(2024, 7, 1, 18, 29, 59, tzinfo=UTC)),
        ("2024-07-01", datetime(2024, 7, 1, 18, 29, 59, tzinfo=UTC)),
        (
            {"date": "2021-03-12 16:16:00.000000", "timezone_type": 3, "timezone": "Asia/Kolkata"},
            datetime(2021, 3, 12, 10, 46, tzinfo=UTC),
        ),
        ("0000-00-00 00:00:00", None),
        ("NA", None),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_moments_are_indian_time_in_any_spelling(text: object, utc: datetime | None) -> None:
    assert moment(text) == utc


@pytest.mark.parametrize(
    ("amount", "in_paise"),
    [
        (1499, 149_900),
        (1499.05, 149_905),
        ("1,499.05", 149_905),
        ("-23.50", -2_350),
        (0, 0),
        ("", None),
        ("NaN", None),
        ("ten", None),
        (None, None),
        (True, None),
    ],
)
def test_amounts_are_rupees_as_number_or_text(amount: object, in_paise: int | None) -> None:
    assert paise(amount) == in_paise


def test_no_paisa_is_lost_on_the_way_out_and_back() -> None:
    assert all(paise(rupees(amount)) == amount for amount in (*range(1000), 149_905, 10**9 + 1))


def test_an_orders_date_is_indian_time() -> None:
    assert order_date(datetime(2026, 11, 23, 20, 0, tzinfo=UTC)) == "2026-11-24 01:30"
