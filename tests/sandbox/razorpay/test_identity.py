"""Ids and signatures."""

import pytest

from sandbox.razorpay.checkout.ledger_cells import rupees
from sandbox.razorpay.identity import account_id, is_id, new_id, sign_handover

PUBLISHED_SECRET = "key_secret"


def test_the_published_checkout_vector_is_met() -> None:
    assert sign_handover("fake_order_id", "fake_payment_id", PUBLISHED_SECRET) == (
        "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89"
    )


def test_ids_are_a_prefix_and_fourteen_characters_and_differ() -> None:
    made = {new_id("pay") for _ in range(200)}
    assert len(made) == 200
    assert all(is_id("pay", one) for one in made)
    assert len(new_id("")) == 14


@pytest.mark.parametrize(
    "text", ["pay_", "pay_AAAAAAAAAAAAA", "pay_AAAAAAAAAAAAAAA", "order_AAAAAAAAAAAAAA"]
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id("pay", text)


def test_an_account_keeps_its_id() -> None:
    assert account_id("rzp_test_a") == account_id("rzp_test_a") != account_id("rzp_test_b")


@pytest.mark.parametrize(
    ("paise", "text"),
    [
        (0, "₹0.00"),
        (5, "₹0.05"),
        (99_900, "₹999.00"),
        (100_000, "₹1,000.00"),
        (12_345_678, "₹1,23,456.78"),
        (1_234_567_890, "₹1,23,45,678.90"),
        (-150, "-₹1.50"),
    ],
)
def test_rupees_are_grouped_the_indian_way(paise: int, text: str) -> None:
    assert rupees(paise) == text
