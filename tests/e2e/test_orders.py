"""Whole orders over the public API of a real stack."""

from collections import Counter

import pytest

from tests.e2e.shop import KARNATAKA, Shop, mail_address, new_customer, order_body, until
from workers.demo.stories import PUNE

PREPAID = [
    "order_placed",
    "payment_requested",
    "payment_authorized",
    "payment_confirmed",
    "order_confirmed",
    "delivery_booked",
    "invoice_generation_queued",
    "delivery_packed",
    "delivery_shipped",
    "delivery_in_transit",
    "delivery_out_for_delivery",
    "delivery_delivered",
    "order_completed",
]
COD = [
    "order_placed",
    "order_confirmed",
    "delivery_booked",
    "invoice_generation_queued",
    "delivery_packed",
    "delivery_shipped",
    "delivery_in_transit",
    "delivery_out_for_delivery",
    "delivery_delivered",
    "cod_collected",
    "order_completed",
]
ANYWHERE = {"notification_sent", "invoice_generated", "payment_authorized"}
"""These come beside the story: mail and paper are made while the parcel moves."""


@pytest.mark.parametrize(
    ("method", "story", "payment_status"),
    [("prepaid", PREPAID, "paid"), ("cod", COD, "cod_collected")],
)
async def test_an_order_comes_to_its_customer_and_its_log_is_whole(
    shop: Shop, method: str, story: list[str], payment_status: str
) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, ("TEE-BLK-M", 2), method=method))
    if method == "prepaid":
        await shop.pay(customer, placed)
    order = await shop.until_status(customer, placed["order_id"], "completed")
    assert order["payment_status"] == payment_status
    assert [parcel["state"] for parcel in order["shipments"]] == ["delivered"]
    events = await shop.assert_whole(customer, placed["order_id"])
    types = [event["type"] for event in events]
    assert [t for t in types if t not in ANYWHERE] == [t for t in story if t not in ANYWHERE]
    assert types.count("invoice_generated") == 1
    assert types.count("notification_sent") == len(await shop.client.mails(mail_address(customer)))


async def test_an_order_from_two_warehouses_travels_in_two_parcels(shop: Shop) -> None:
    customer = new_customer()
    items = (("QUILT-JPR-D", 1), ("SAREE-KAN-MAR", 1))
    placed = await shop.place(customer, order_body(customer, *items, address=KARNATAKA))
    await shop.pay(customer, placed)
    order = await shop.until_status(customer, placed["order_id"], "completed")
    assert len(order["shipments"]) == 2
    assert sum(d["amount_paise"] for d in order["documents"]) == order["total_paise"]
    assert len(await shop.parcels(placed["order_id"])) == 2
    await shop.assert_whole(customer, placed["order_id"])


async def test_each_mail_arrives_once(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, method="cod"))
    await shop.until_status(customer, placed["order_id"], "completed")
    mails = await until(
        lambda: shop.client.mails(mail_address(customer)),
        lambda found: len(found) >= 4,
        "confirmed, shipped, arrives today, delivered",
    )
    ids = Counter(mail["headers"]["Message-ID"] for mail in mails)
    assert set(ids.values()) == {1}
    assert all(placed["order_id"] in mail_id for mail_id in ids)
    subjects = [mail["subject"] for mail in mails]
    assert len(set(subjects)) == len(subjects), subjects


async def test_the_invoice_is_a_pdf_for_its_owner_alone(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, method="cod", address=PUNE))
    order = await shop.until_view(
        customer, placed["order_id"], lambda v: bool(v["documents"]), "the invoice is issued"
    )
    path = f"/orders/{placed['order_id']}/invoices"
    listed = (await shop.client.api("GET", path, customer=customer)).json()["invoices"]
    assert [each["number"] for each in listed] == [d["number"] for d in order["documents"]]
    pdf = await shop.client.api("GET", listed[0]["url"], customer=customer)
    assert pdf.is_redirect, pdf.text
    file = await shop.client.http.get(pdf.headers["location"])
    assert file.status_code == 200
    assert file.content.startswith(b"%PDF")
    for url in (path, listed[0]["url"]):
        refused = await shop.client.api("GET", url, customer=new_customer())
        assert refused.status_code == 404, url
        assert (await shop.client.api("GET", url)).status_code == 401


async def test_a_reader_never_sees_less_than_its_own_command(shop: Shop) -> None:
    customer = new_customer()
    await shop.courier_pace(0)
    placed = await shop.place(customer, order_body(customer))
    seen = await shop.view(customer, placed["order_id"], min_sequence=placed["sequence"])
    assert seen["sequence"] >= placed["sequence"] > 0
    paid = await shop.pay(customer, placed)
    seen = await shop.view(customer, placed["order_id"], min_sequence=paid["sequence"])
    assert seen["sequence"] >= paid["sequence"]
    assert seen["payment_status"] == "paid"
    cancelled = (await shop.cancel(customer, placed["order_id"])).json()
    seen = await shop.view(customer, placed["order_id"], min_sequence=cancelled["sequence"])
    assert seen["sequence"] >= cancelled["sequence"]
    assert seen["status"] == "cancelled"


async def test_the_search_attributes_find_the_order(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer, method="cod"))
    await shop.until_status(customer, placed["order_id"], "completed")
    query = (
        f"OrderStatus='completed' AND PaymentStatus='cod_collected' AND CustomerId='{customer}'"
        f" AND PaymentMethod='cod' AND OrderTotalPaise={placed['total_paise']}"
    )

    async def found() -> list[str]:
        return [each.id async for each in shop.orders._client.list_workflows(query)]

    await until(found, lambda ids: ids == [f"order:{placed['order_id']}"], query)


async def test_a_failed_payment_can_be_repeated(shop: Shop) -> None:
    customer = new_customer()
    placed = await shop.place(customer, order_body(customer))
    await shop.attempt(placed, "failed")
    failed = await shop.until_view(
        customer,
        placed["order_id"],
        lambda v: any(entry["kind"] == "failed" for entry in v["payments"]),
        "the failure is known",
    )
    assert failed["status"] == "pending_payment"
    await shop.pay(customer, placed)
    order = await shop.until_status(customer, placed["order_id"], "completed")
    assert order["payment_status"] == "paid"
    await shop.assert_whole(customer, placed["order_id"])


async def test_a_cancelled_order_is_refunded_once_and_its_goods_are_back(shop: Shop) -> None:
    customer, sku = new_customer(), "LAMP-DESK-LED"
    before = await shop.available(sku)
    await shop.courier_pace(0)
    placed = await shop.place(customer, order_body(customer, (sku, 3)))
    await shop.pay(customer, placed)
    await shop.until_status(customer, placed["order_id"], "packed")
    assert await shop.available(sku) == before - 3
    assert (await shop.cancel(customer, placed["order_id"])).status_code == 200
    again = await shop.cancel(customer, placed["order_id"])
    assert again.status_code == 409
    order = await shop.until_view(
        customer,
        placed["order_id"],
        lambda v: v["payment_status"] == "refunded",
        "the money is back",
    )
    assert order["status"] == "cancelled"
    refunds = await shop.at_razorpay("refunds")
    payment = order["payments"][-1]["reference"]
    mine = [each["amount"] for each in refunds if each["payment_id"] == payment]
    assert mine == [placed["total_paise"]]
    await until(lambda: shop.available(sku), lambda units: units == before, "the goods are back")
    assert [parcel["shipment_status"] for parcel in await shop.parcels(placed["order_id"])] == [8]
