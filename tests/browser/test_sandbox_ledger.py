"""The sandbox's ledger page in headless Chromium: live, and with its hands on the money."""

import pytest

from tests.browser.shop import Sandbox, Shop

pytestmark = pytest.mark.browser


def row(entity_id: str) -> str:
    """Return the selector of the first cell of an entity's own row."""
    return f"tr:has(> td:first-child > code):has([aria-label$='{entity_id}'])"


def test_the_page_follows_what_happens_and_makes_it_happen(sandbox: Sandbox, shop: Shop) -> None:
    shop.browser.get(sandbox.url)
    order_id = sandbox.order()
    failed = sandbox.controls.post("payments", {"order_id": order_id, "outcome": "failed"})
    payment_id = failed["razorpay_payment_id"]

    shop.press(f"[aria-label='Capture late {payment_id}']")
    shop.press(f"[aria-label='Dispute {payment_id}']")
    shop.see(f"{row(payment_id)} .good")
    refund = sandbox.refund(payment_id, 500)
    shop.press(f"[aria-label='Fail {refund}']")
    shop.see("#refunds .bad")

    (payment,) = sandbox.payments(order_id)
    assert (payment["status"], payment["amount_refunded"]) == ("captured", 0)
    assert shop.problems() == []


def test_rows_are_found_by_what_they_say(sandbox: Sandbox, shop: Shop) -> None:
    wanted, other = sandbox.order(), sandbox.order()
    shop.browser.get(sandbox.url)
    shop.see(f"[data-pay={other}]")
    shop.write("#find", wanted.upper())
    shop.see(f"[data-pay={wanted}]")
    assert not shop.ask(f"return document.querySelector('[data-pay={other}]').checkVisibility()")


def test_what_cannot_be_done_is_said(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    paid = sandbox.controls.post("payments", {"order_id": order_id, "outcome": "authorized"})
    payment_id = paid["razorpay_payment_id"]
    shop.browser.get(sandbox.url)
    shop.see(f"[aria-label='Capture {payment_id}']")
    shop.ask("refresh = async () => {}")  # The page falls behind.
    sandbox.controls.post(f"payments/{payment_id}", {"outcome": "captured"})
    shop.press(f"[aria-label='Capture {payment_id}']")
    assert "cannot become captured" in shop.see("#said").text


def test_an_order_is_paid_from_the_page(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.browser.get(sandbox.url)
    shop.press(f"[data-pay={order_id}]")
    shop.browser.switch_to.frame(shop.see("iframe"))
    shop.pay_with_test_card("4100 2800 0000 1007")
    shop.see("#step-done")
    shop.browser.switch_to.default_content()
    (payment,) = sandbox.payments(order_id)
    shop.see(f"[aria-label='Dispute {payment['id']}']")
