import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import ids

ORDER_ID = "ord_abcdefghijklmnopqrst"


@given(customer=st.text(max_size=40), key=st.text(max_size=40))
def test_a_customer_and_key_always_lead_to_one_well_formed_order(customer: str, key: str) -> None:
    order_id = ids.order_id_for(customer, key)
    assert order_id == ids.order_id_for(customer, key)
    assert ids.is_order_id(order_id)


def test_an_order_id_never_changes_between_versions() -> None:
    assert ids.order_id_for("cus_1", "key-1") == "ord_o6a3cyepibahi77h7pc7"


@given(one=st.tuples(st.text(), st.text()), other=st.tuples(st.text(), st.text()))
def test_another_customer_or_key_leads_to_another_order(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    if "\n".join(one) != "\n".join(other):
        assert ids.order_id_for(*one) != ids.order_id_for(*other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ord_",
        ORDER_ID[:-1],
        ORDER_ID + "a",
        ORDER_ID + "\n",
        ORDER_ID.upper(),
        "ord_abcdefghijklmnopqrs1",
        "order:" + ORDER_ID,
    ],
)
def test_nothing_else_counts_as_an_order_id(text: str) -> None:
    assert not ids.is_order_id(text)


def test_each_id_names_its_order() -> None:
    assert ids.workflow_id(ORDER_ID) == f"order:{ORDER_ID}"
    assert ids.event_id(ORDER_ID, 2, 17) == f"{ORDER_ID}:2:17"
    assert ids.notification_key(ORDER_ID, "parcel_shipped", "9") == f"{ORDER_ID}:parcel_shipped:9"


@given(number=st.integers(1, 999))
def test_a_refund_key_has_only_characters_that_razorpay_allows(number: int) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{10,64}", ids.refund_key(ORDER_ID, number))


@given(shipment=st.integers(1, 999), rebooking=st.integers(0, 99))
def test_a_seller_reference_leads_back_to_its_parcel(shipment: int, rebooking: int) -> None:
    reference = ids.seller_reference(ORDER_ID, shipment, rebooking)
    assert ids.parse_seller_reference(reference) == (ORDER_ID, shipment)
    assert reference.endswith(f"-r{rebooking}") == (rebooking > 0)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "1234",
        ORDER_ID,
        f"{ORDER_ID}-",
        f"{ORDER_ID}-1-",
        f"x{ORDER_ID}-1",
        f"{ORDER_ID}-1-r1\n",
        f"{ORDER_ID}-१",
    ],
)
def test_a_foreign_reference_leads_nowhere(reference: str) -> None:
    assert ids.parse_seller_reference(reference) is None
