"""The payment sheet as a shop's page uses it: `new Razorpay({…}).open()` in headless Chromium."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from selenium.webdriver.common.keys import Keys

from adapters.razorpay_signature import verify_handover
from tests.browser.shop import KEY_SECRET, Sandbox, Shop

pytestmark = pytest.mark.browser

GOOD_CARD = "4100 2800 0000 1007"


def assert_handed_over(order_id: str, response: Any) -> None:
    """The shop's server would believe this response."""
    assert set(response) == {"razorpay_payment_id", "razorpay_order_id", "razorpay_signature"}
    assert response["razorpay_order_id"] == order_id
    assert verify_handover(
        order_id,
        response["razorpay_payment_id"],
        response["razorpay_signature"],
        key_secret=KEY_SECRET,
    )


def test_a_card_pays_and_the_shop_gets_a_genuine_hand_over(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order(149_900)
    shop.open_sheet(order_id)
    assert shop.see("#amount").text == "₹1,499.00"
    shop.pay_with_test_card(GOOD_CARD)
    shop.see("#step-done")

    ((kind, response),) = shop.told(1)

    assert kind == "handler"
    assert_handed_over(order_id, response)
    (payment,) = sandbox.payments(order_id)
    assert (payment["id"], payment["status"]) == (response["razorpay_payment_id"], "captured")
    assert shop.sheets() == 0
    assert shop.problems() == []


def test_a_card_from_abroad_pays_and_is_marked(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.press("[data-method=card]")
    shop.press('[data-card="5555 5555 5555 4444"]')
    assert shop.see("#network").text == "MasterCard"
    shop.press("#submit")
    assert "MasterCard •••• 4444" in shop.see("#step-otp").text
    shop.write("#otp input", "123456")
    shop.press("#otp .main")
    ((_, response),) = shop.told(1)
    assert_handed_over(order_id, response)
    (payment,) = sandbox.payments(order_id)
    assert payment["international"] is True


def test_upi_pays_when_the_app_has_answered(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.write("input[name=vpa]", "success@razorpay")
    shop.press("#submit")
    assert "success@razorpay" in shop.see("#step-wait").text
    ((kind, response),) = shop.told(1)
    assert kind == "handler"
    assert_handed_over(order_id, response)


def test_upi_that_fails_is_told_with_its_reason_and_can_be_tried_again(
    sandbox: Sandbox, shop: Shop
) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.press('[data-value="failure@razorpay"]')
    shop.press("#submit")
    assert "temporary issue" in shop.see("#failed-text").text
    shop.press("#retry")
    shop.press(".choice:nth-child(2)")
    shop.press("#submit")

    (failed, error), (handler, response) = shop.told(2)

    assert (failed, error["code"], error["reason"]) == (
        "failed",
        "BAD_REQUEST_ERROR",
        "payment_failed",
    )
    assert (error["source"], error["step"]) == ("gateway", "payment_response")
    assert error["metadata"]["order_id"] == order_id
    assert handler == "handler"
    assert_handed_over(order_id, response)
    paid, unpaid = sandbox.payments(order_id)
    assert (paid["upi"]["flow"], paid["status"]) == ("intent", "captured")
    assert (unpaid["id"], unpaid["status"]) == (error["metadata"]["payment_id"], "failed")


def test_a_declined_card_is_retried_with_another(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.pay_with_test_card("4100 2800 0008 0001")
    assert "insufficient account balance" in shop.see("#failed-text").text
    assert shop.see("#failed-reason").text == "insufficient_fund"
    shop.press("#retry")
    shop.pay_with_test_card(GOOD_CARD)

    (failed, error), (handler, response) = shop.told(2)

    assert (failed, error["reason"], handler) == ("failed", "insufficient_fund", "handler")
    assert_handed_over(order_id, response)
    assert [one["status"] for one in sandbox.payments(order_id)] == ["captured", "failed"]


def test_an_otp_that_is_too_short_fails_the_payment(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.pay_with_test_card(GOOD_CARD, otp="123")
    assert "incorrect OTP" in shop.see("#failed-text").text
    ((_, error),) = shop.told(1)
    assert error["reason"] == "incorrect_otp"


@pytest.mark.parametrize(("answer", "status"), [("success", "captured"), ("failure", "failed")])
def test_the_page_of_the_bank_decides(
    sandbox: Sandbox, shop: Shop, answer: str, status: str
) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.press("[data-method=netbanking]")
    shop.press("#submit")
    assert shop.see("#bank-title").text == "HDFC Bank"
    shop.press(f"#step-bank [data-bank={answer}]")
    shop.see("#step-done, #step-failed")
    (payment,) = sandbox.payments(order_id)
    assert (payment["status"], payment["bank"]) == (status, "HDFC")


def test_closing_the_sheet_tells_the_shop_and_cancels_the_attempt(
    sandbox: Sandbox, shop: Shop
) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.press("[data-method=card]")
    shop.press(f'[data-card="{GOOD_CARD}"]')
    shop.press("#submit")
    shop.see("#otp input")
    shop.press("#close")

    assert shop.told(1) == [["dismissed", None]]

    assert shop.sheets() == 0
    (payment,) = sandbox.payments(order_id)
    assert (payment["status"], payment["error_reason"]) == ("failed", "payment_cancelled")
    assert shop.ask("return document.activeElement.id") == "pay"


def test_leaving_is_asked_about_if_the_shop_wants_it(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order(), modal={"confirm_close": True})
    shop.press("#close")
    shop.press("#stay")
    shop.see("#submit")
    shop.keys(Keys.ESCAPE)
    shop.press("#leave-anyway")
    assert shop.told(1) == [["dismissed", None]]


def test_escape_is_ignored_if_the_shop_wants_it(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order(), modal={"escape": False})
    shop.keys(Keys.ESCAPE)
    shop.see("#submit")
    shop.press("#close")
    assert shop.told(1) == [["dismissed", None]]


def test_a_sheet_closes_itself_at_its_timeout(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order(), timeout=4)
    assert shop.see("#left-text").text.startswith("0:0")
    assert shop.told(1) == [["dismissed", "timeout"]]
    assert shop.sheets() == 0


def test_without_retries_a_failure_leads_back_to_the_shop(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order(), retry={"enabled": False})
    shop.pay_with_test_card("4100 2800 0006 0003")
    shop.see("#step-failed")
    assert not shop.ask("return document.getElementById('retry').checkVisibility()")
    shop.press("#leave")
    (failed, error), dismissed = shop.told(2)
    assert (failed, error["reason"]) == ("failed", "card_declined")
    assert dismissed == ["dismissed", None]


@pytest.mark.parametrize("number", [GOOD_CARD, "4100 2800 0008 0001"])
def test_with_a_redirect_the_result_is_posted_to_the_callback_url(
    sandbox: Sandbox, shop: Shop, number: str
) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id, callback_url=f"{shop.url}/back", redirect=True)
    shop.pay_with_test_card(number)
    shop.browser.switch_to.default_content()
    form = dict(parse_qsl(shop.see("#form").text))
    if number == GOOD_CARD:
        assert_handed_over(order_id, form)
    else:
        assert form["error[reason]"] == "insufficient_fund"
        assert json.loads(form["error[metadata]"])["order_id"] == order_id


def test_an_order_that_is_paid_is_not_paid_again(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    sandbox.controls.post("payments", {"order_id": order_id, "outcome": "captured"})
    shop.open_sheet(order_id)
    assert "already paid" in shop.see("#failed-text").text
    assert not shop.ask("return document.getElementById('retry').checkVisibility()")


def test_a_wrong_upi_id_is_named_at_its_field(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    shop.write("input[name=vpa]", "somebody@bank")
    shop.press("#submit")
    assert "success@razorpay" in shop.see("#problem").text
    assert shop.see("input[name=vpa]").get_attribute("aria-invalid") == "true"
    assert shop.ask("return document.activeElement.name") == "vpa"
    assert sandbox.payments(order_id) == []


def test_what_the_shop_knows_of_the_customer_is_filled_in(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    prefill = {"name": "Asha Rao", "contact": "9900012345", "email": "asha@example.com"}
    shop.open_sheet(order_id, prefill=prefill, readonly={"email": True})
    assert shop.see("#payer-text").text == "Asha Rao · 9900012345"
    assert shop.ask("return document.querySelector('[name=email]').readOnly") is True
    shop.pay_with_test_card(GOOD_CARD)
    shop.told(1)
    (payment,) = sandbox.payments(order_id)
    assert (payment["contact"], payment["email"]) == ("+919900012345", "asha@example.com")
    assert payment["card"]["name"] == "Asha Rao"


def test_the_keyboard_alone_can_pay(sandbox: Sandbox, shop: Shop) -> None:
    order_id = sandbox.order()
    shop.open_sheet(order_id)
    assert shop.ask("return document.activeElement.id") == "tab-upi"
    shop.keys(Keys.ARROW_RIGHT)
    assert shop.ask("return document.activeElement.id") == "tab-card"
    shop.tab_to("[name=number]")
    shop.keys(GOOD_CARD.replace(" ", ""), Keys.TAB, "1239", Keys.TAB, "123")
    shop.tab_to("#submit")
    shop.keys(Keys.ENTER)
    shop.see("#otp input")
    shop.keys("1234", Keys.ENTER)
    ((_, response),) = shop.told(1)
    assert_handed_over(order_id, response)


def test_what_lies_behind_the_sheet_is_out_of_reach(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order())
    shop.browser.switch_to.default_content()
    assert shop.ask("return document.querySelector('main').inert") is True
    frame = shop.see("iframe")
    assert frame.get_attribute("title") == "Payment sheet"
    shop.browser.switch_to.frame(frame)
    shop.press("#close")
    shop.told(1)
    assert shop.ask("return document.querySelector('main').inert") is False


def test_every_control_of_the_sheet_has_a_name(sandbox: Sandbox, shop: Shop) -> None:
    shop.open_sheet(sandbox.order())
    for method in ("upi", "card", "netbanking", "wallet"):
        shop.press(f"[data-method={method}]")
        for selector in ("button", "input", "select", "[role=dialog]", "[role=tabpanel]"):
            for one in shop.browser.find_elements("css selector", selector):
                if one.is_displayed():
                    assert one.accessible_name, one.get_attribute("outerHTML")


@pytest.mark.parametrize(
    ("width", "height", "dark"), [(360, 740, True), (1280, 800, False), (1280, 800, True)]
)
def test_the_sheet_fits_phone_and_desktop_and_is_legible(
    sandbox: Sandbox, shop: Shop, width: int, height: int, dark: bool
) -> None:
    shop.look(width=width, height=height, dark=dark)
    shop.open_sheet(sandbox.order())
    shop.press("[data-method=card]")
    assert shop.ask("return document.documentElement.scrollWidth <= innerWidth")
    assert shop.ask("return document.documentElement.hasAttribute('data-dark')") is dark
    box = shop.see("#submit").rect
    assert box["y"] + box["height"] <= height
    for selector in ("#merchant", "label", ".hints", "#submit", "footer", "[aria-selected=false]"):
        assert shop.ask(CONTRAST, selector) >= 4.5, selector


@pytest.mark.parametrize("colour", ["#fde047", "#111827"])
def test_letters_on_the_brand_colour_are_legible(sandbox: Sandbox, shop: Shop, colour: str) -> None:
    shop.open_sheet(sandbox.order(), theme={"color": colour})
    assert shop.ask(CONTRAST, "#submit") >= 4.5


CONTRAST = """
  const parts = (css) => css.match(/[\\d.]+/g).map(Number);
  const clear = (css) => css === "transparent" || parts(css)[3] === 0;
  let one = document.querySelector(arguments[0]);
  const ink = parts(getComputedStyle(one).color);
  let behind = getComputedStyle(one).backgroundColor;
  while (clear(behind) && one.parentElement) {
    one = one.parentElement;
    behind = getComputedStyle(one).backgroundColor;
  }
  const light = ([red, green, blue]) => [red, green, blue]
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const [bright, dim] = [light(ink), light(parts(behind))].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
"""
