"""Some lines of an order are cancelled: who gives, what it costs, and who is too late."""

import asyncio
from datetime import timedelta

import pytest

from domain import ids
from domain.cart import PaymentMethod
from domain.errors import (
    CommandRefused,
    CourierUnavailable,
    OrderUnavailable,
    StoreUnavailable,
)
from domain.events import EventType
from domain.messages import CancelOrder, CommandAnswer
from domain.shipment import CourierUpdate, ShipmentState
from domain.status import OrderStatus
from tests.workflows.house import HAPPY, House, eventually
from tests.workflows.lines import (
    MUG,
    TEE,
    assert_all_true,
    booked_amount,
    cancel,
    only,
    packed,
    paid,
    two_warehouses,
    until_at_rest,
    until_documents,
    until_refunded,
    view_of,
)

WHOLE = CancelOrder(reason="changed my mind", by="customer")


async def test_of_a_packed_parcel_the_cut_goes_back_and_the_rest_goes_out(house: House) -> None:
    before = house.free_units()
    order_id, placement = await packed(house)
    told = await cancel(house, order_id, TEE=1)

    assert told.status is OrderStatus.CONFIRMED
    assert told.message == f"cancelled: 1 × {TEE}; what was paid for it goes back"
    await until_at_rest(house, order_id)
    cut = (await view_of(house, order_id)).line_cancellations[0]
    assert len(house.courier.cancelled) == 1
    await house.move(order_id, *HAPPY, number=2)
    await house.until_status(order_id, OrderStatus.DELIVERED)

    view = await assert_all_true(house, order_id, before)
    tee, mug = view.lines
    assert (tee.ordered, tee.cancelled, tee.shipped, tee.delivered) == (3, 1, 2, 2)
    assert (mug.ordered, mug.cancelled, mug.shipped, mug.delivered) == (2, 0, 2, 2)
    assert (tee.refunded_paise, mug.refunded_paise) == (cut.amount_paise, 0)
    assert [s.state for s in view.shipments] == [ShipmentState.CANCELLED, ShipmentState.DELIVERED]
    charged = {line.sku: line.charged_paise for line in placement.quote.lines}
    assert cut.amount_paise == charged[TEE] - charged[TEE] * 2 // 3
    assert house.gateway.called("refund")[0]["amount_paise"] == cut.amount_paise


async def test_the_customer_is_told_what_was_cancelled_and_nothing_else_ends(house: House) -> None:
    order_id, _ = await packed(house)
    await cancel(house, order_id, TEE=1)
    await until_at_rest(house, order_id)
    types = await house.types(order_id)
    assert "order_cancelled" not in types
    assert types.index("order_lines_cancelled") == types.index("delivery_cancelled") - 1

    async def told() -> bool:
        return any("A part of your order" in mail.subject for mail in house.mail.mails)

    await eventually(told, "the mail")
    (mail,) = [m for m in house.mail.mails if "A part of your order" in m.subject]
    name = house.shop.products[TEE].name
    assert f"We have cancelled 1 × {name}." in mail.text
    assert "The rest of that parcel comes as planned." in mail.text
    assert (await view_of(house, order_id)).cancellation is None


async def test_a_parcel_that_no_courier_takes_yet_is_given_up_for_a_smaller_one(
    house: House,
) -> None:
    before = house.free_units()
    house.courier.refusals = ["the parcel is too heavy"]
    answer, _ = await paid(house)
    order_id = answer.order_id
    await house.until_event(order_id, EventType.ORDER_ATTENTION_RAISED)
    await cancel(house, order_id, MUG=2)
    await house.until_event(order_id, EventType.DELIVERY_PACKED)
    view = await view_of(house, order_id)
    assert [(a.action, a.note) for a in view.attention] == [(None, "not needed any more")]
    assert house.courier.cancelled == []
    await until_refunded(house, order_id, view.line_cancellations[0].amount_paise)
    await until_documents(house, order_id, 1)
    await assert_all_true(house, order_id, before)


async def test_a_parcel_that_is_just_being_booked_answers_once_it_is(house: House) -> None:
    before = house.free_units()
    house.courier.lose_answer("book", CourierUnavailable("lost"))
    answer, _ = await paid(house)
    order_id = answer.order_id
    await house.until_booked(order_id)
    await cancel(house, order_id, TEE=3)
    await house.until_event(order_id, EventType.DELIVERY_PACKED)
    view = await view_of(house, order_id)
    await until_refunded(house, order_id, view.line_cancellations[0].amount_paise)
    await until_documents(house, order_id, 1)
    assert len(house.courier.cancelled) == 1
    await assert_all_true(house, order_id, before)


async def test_cut_after_cut_each_unit_is_worth_what_was_charged(house: House) -> None:
    before = house.free_units()
    order_id, placement = await packed(house)
    for number, quantities in enumerate([{"TEE": 1}, {"MUG": 1}, {"TEE": 1, "MUG": 1}], 1):
        await house.until_event(order_id, EventType.DELIVERY_PACKED, times=number)
        await house.orders.cancel(order_id, only(**quantities), f"k{number}")
    await until_at_rest(house, order_id, cuts=3)
    await assert_all_true(house, order_id, before)
    await house.orders.cancel(order_id, WHOLE, "k9")
    await until_refunded(house, order_id, placement.quote.total_paise)
    await house.until_free(before)


@pytest.mark.parametrize("by_lines", [True, False], ids=["line-by-line", "all-at-once"])
async def test_all_lines_cancelled_are_the_order_cancelled(house: House, by_lines: bool) -> None:
    before = house.free_units()
    order_id, placement = await packed(house)
    if by_lines:
        await cancel(house, order_id, "k0", TEE=3)
        await house.until_event(order_id, EventType.DELIVERY_PACKED, times=2)
        told = await cancel(house, order_id, MUG=2)
    else:
        told = await cancel(house, order_id, TEE=3, MUG=2)
    assert told.status is OrderStatus.CANCELLED
    await until_refunded(house, order_id, placement.quote.total_paise)
    await until_documents(house, order_id, 4 if by_lines else 2)
    await house.until_free(before)
    view = await assert_all_true(house, order_id, before)
    assert view.status is OrderStatus.CANCELLED
    assert view.cancellation is not None
    assert [line.cancelled for line in view.lines] == [3, 2]


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantities", "kind", "reason"),
    [
        ({"HAT": 1}, "LineNotCancellable", r"lines\[0\].sku: this order has no 'HAT'"),
        ({"TEE": 0}, "LineNotCancellable", r"lines\[0\].quantity: must be at least 1"),
        ({"MUG": 1, "TEE": 4}, "LineNotCancellable", r"lines\[1\].quantity: 4 of .* 3 left"),
    ],
)
async def test_what_is_not_there_is_refused_by_field_and_changes_nothing(
    house: House, quantities: dict[str, int], kind: str, reason: str
) -> None:
    order_id, _ = await packed(house)
    with pytest.raises(CommandRefused, match=reason) as refused:
        await house.orders.cancel(order_id, only(**quantities), "k1")
    assert refused.value.type == kind
    assert house.courier.called("cancel") == []
    assert "order_lines_cancelled" not in await house.types(order_id)


async def test_before_it_is_paid_an_order_can_only_be_cancelled_as_a_whole(house: House) -> None:
    answer, _ = await house.check_out(await house.placement((TEE, 3), (MUG, 2)))
    order_id = answer.order_id
    with pytest.raises(CommandRefused, match="not paid yet, and the sum to be paid is fixed"):
        await cancel(house, order_id, TEE=1)
    told = await house.orders.cancel(order_id, WHOLE, "k2")
    assert told.status is OrderStatus.CANCELLED


async def test_lines_of_an_order_that_is_never_placed_cannot_be_cancelled(house: House) -> None:
    placement = await house.placement((TEE, 3), (MUG, 2), method=PaymentMethod.COD)
    house.shop.on_hand.clear()
    house.inventory.fail("hold", StoreUnavailable("away"), times=4)
    checkout = asyncio.create_task(house.check_out(placement))

    async def begun() -> bool:
        return bool(house.inventory.called("hold"))

    await eventually(begun, "the first try to hold stock")
    with pytest.raises(CommandRefused, match="the order was never placed"):
        await cancel(house, placement.order_id, TEE=1)
    answer, _ = await checkout
    assert answer.refusal is not None


async def test_units_with_the_courier_are_too_late_and_the_others_are_not(house: House) -> None:
    two_warehouses(house)
    before = house.free_units()
    order_id, _ = await packed(house, parcels=2)
    await house.move(order_id, ShipmentState.SHIPPED, number=1)
    await house.until_event(order_id, EventType.DELIVERY_SHIPPED)
    view = await view_of(house, order_id)
    (shipped,) = [s for s in view.shipments if s.state is ShipmentState.SHIPPED]
    sku = "TEE" if shipped.lines[0].sku == TEE else "MUG"
    with pytest.raises(CommandRefused, match=r"lines\[0\].quantity.*return them once") as refused:
        await house.orders.cancel(order_id, only(**{sku: 1}), "k1")
    assert refused.value.type == "ShipmentTooLate"
    other = {"MUG": 1} if sku == "TEE" else {"TEE": 1}
    await house.orders.cancel(order_id, only(**other), "k2")
    await house.until_event(order_id, EventType.DELIVERY_PACKED, times=3)
    view = await view_of(house, order_id)
    await until_refunded(house, order_id, view.line_cancellations[0].amount_paise)
    await until_documents(house, order_id, 4)
    await assert_all_true(house, order_id, before)


async def test_a_cancelled_order_has_no_lines_to_cancel(house: House) -> None:
    order_id, _ = await packed(house)
    await house.orders.cancel(order_id, WHOLE, "k1")
    with pytest.raises(CommandRefused, match="the order is cancelled already"):
        await cancel(house, order_id, "k2", TEE=1)


# --- races ---------------------------------------------------------------------------------------


async def test_a_courier_that_keeps_the_parcel_is_asked_again_by_the_next_command(
    house: House,
) -> None:
    before = house.free_units()
    order_id, _ = await packed(house)
    awb = house.courier.booked[ids.seller_reference(order_id, 1)].awb
    house.courier.picked_up.add(awb)
    for key, command in (("k1", only(TEE=1)), ("k2", WHOLE), ("k3", WHOLE)):
        with pytest.raises(CommandRefused, match="picked up") as refused:
            await house.orders.cancel(order_id, command, key)
        assert refused.value.type == "ShipmentTooLate"
    assert len(house.courier.called("cancel")) == 3
    assert (await house.status(order_id)).status is OrderStatus.PACKED
    house.courier.picked_up.clear()
    await cancel(house, order_id, "k4", TEE=1)
    await until_at_rest(house, order_id)
    await assert_all_true(house, order_id, before)


async def test_a_pickup_during_the_withdrawal_wins_truthfully(house: House) -> None:
    order_id, _ = await packed(house)
    house.courier.fail("cancel", CourierUnavailable("slow"))
    asked = asyncio.create_task(cancel(house, order_id, TEE=1))
    await _until_asked_to_cancel(house, order_id)
    awb = house.courier.booked[ids.seller_reference(order_id, 1)].awb
    house.courier.picked_up.add(awb)
    await house.move(order_id, ShipmentState.SHIPPED)
    with pytest.raises(CommandRefused, match="picked up"):
        await asked

    async def answered() -> bool:
        return len(house.courier.called("cancel")) == 2

    await eventually(answered, "the courier's refusal")
    await house.move(order_id, *HAPPY[1:])
    await house.until_status(order_id, OrderStatus.DELIVERED)
    assert house.gateway.refunds == {}
    assert (await view_of(house, order_id)).line_cancellations == ()


async def test_the_couriers_own_word_of_the_withdrawal_may_come_first(house: House) -> None:
    before = house.free_units()
    order_id, _ = await packed(house)
    house.courier.fail("cancel", CourierUnavailable("slow"))
    asked = asyncio.create_task(cancel(house, order_id, MUG=1))
    await _until_asked_to_cancel(house, order_id)
    await house.move(order_id, ShipmentState.CANCELLED)
    await asked
    await until_at_rest(house, order_id)
    await assert_all_true(house, order_id, before)


async def test_two_commands_on_one_line_in_flight_never_take_a_unit_twice(house: House) -> None:
    before = house.free_units()
    order_id, _ = await packed(house)
    house.courier.fail("cancel", CourierUnavailable("slow"))
    answers = await asyncio.gather(
        cancel(house, order_id, "k1", TEE=2),
        cancel(house, order_id, "k2", TEE=2),
        return_exceptions=True,
    )
    refused = [each for each in answers if isinstance(each, CommandRefused)]
    assert len(refused) == 1
    assert "2 of TEE-BLK-M asked for, 1 left to cancel" in str(refused[0])
    await until_at_rest(house, order_id)
    await assert_all_true(house, order_id, before)


async def test_the_same_key_cancels_once(house: House) -> None:
    order_id, _ = await packed(house)
    first, again = await asyncio.gather(
        cancel(house, order_id, "k1", TEE=1), cancel(house, order_id, "k1", TEE=1)
    )
    assert first == again == await cancel(house, order_id, "k1", TEE=1)
    assert len((await view_of(house, order_id)).line_cancellations) == 1
    await until_at_rest(house, order_id)


async def test_a_whole_cancellation_overtakes_one_of_lines(house: House) -> None:
    before = house.free_units()
    order_id, placement = await packed(house)
    house.courier.fail("cancel", CourierUnavailable("slow"))
    part = asyncio.create_task(cancel(house, order_id, "k1", TEE=1))
    await _until_asked_to_cancel(house, order_id)
    later = [
        asyncio.create_task(house.orders.cancel(order_id, command, key))
        for key, command in (("k2", only(MUG=1)), ("k3", WHOLE), ("k4", WHOLE))
    ]
    answers = await asyncio.gather(part, *later, return_exceptions=True)
    refused = [str(each) for each in answers if isinstance(each, CommandRefused)]
    assert len(refused) == 2, answers
    assert set(refused) <= {
        "the order is being cancelled already",
        "the order is cancelled already",
    }
    assert "the whole order is being cancelled" in [
        each.message for each in answers if isinstance(each, CommandAnswer)
    ]
    assert (await house.status(order_id)).status is OrderStatus.CANCELLED
    await until_refunded(house, order_id, placement.quote.total_paise)
    await until_documents(house, order_id, 2)
    await house.until_free(before)
    await assert_all_true(house, order_id, before)


async def test_a_parcel_kept_by_the_courier_lets_the_other_one_of_the_order_go(
    house: House,
) -> None:
    two_warehouses(house)
    before = house.free_units()
    order_id, placement = await packed(house, parcels=2)
    kept = house.courier.booked[ids.seller_reference(order_id, 1)].awb
    house.courier.picked_up.add(kept)
    told = await house.orders.cancel(order_id, WHOLE, "k1")
    assert "the rest is with the courier" in told.message
    view = await view_of(house, order_id)
    (gone,) = view.line_cancellations
    assert (gone.shipment, gone.reason, gone.replaced_by) == (2, WHOLE.reason, None)
    assert view.cancellation is None
    house.courier.picked_up.clear()
    assert (await house.orders.cancel(order_id, WHOLE, "k2")).status is OrderStatus.CANCELLED
    await until_refunded(house, order_id, placement.quote.total_paise)
    await house.until_free(before)


async def test_one_parcel_of_several_that_the_courier_gives_up_is_told_of(house: House) -> None:
    two_warehouses(house)
    before = house.free_units()
    order_id, _ = await packed(house, parcels=2)
    awb = house.courier.booked[ids.seller_reference(order_id, 2)].awb
    seen = CourierUpdate(
        shipment=2, awb=awb, state=ShipmentState.CANCELLED, at=await house.now(), text="lost label"
    )
    await house.orders.courier_event(order_id, seen)
    await house.until_event(order_id, EventType.ORDER_LINES_CANCELLED)
    view = await view_of(house, order_id)
    (told,) = view.line_cancellations
    assert (told.shipment, told.by, told.reason) == (2, "system", "lost label")
    await until_refunded(house, order_id, told.amount_paise)
    await until_documents(house, order_id, 3)
    await assert_all_true(house, order_id, before)


async def test_a_courier_that_is_away_leaves_the_question_open(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _ = await packed(house)
    monkeypatch.setattr("workflows.order_client.ANSWER_LIMIT", timedelta(milliseconds=400))
    house.courier.fail("cancel", CourierUnavailable("away"), times=1)
    with pytest.raises(OrderUnavailable):
        await cancel(house, order_id, "k1", TEE=1)
    monkeypatch.undo()
    told = await cancel(house, order_id, "k1", TEE=1)
    assert "cancelled: 1 ×" in told.message
    assert len((await view_of(house, order_id)).line_cancellations) == 1
    await until_at_rest(house, order_id)


# --- cash ----------------------------------------------------------------------------------------


async def test_the_courier_collects_less_for_a_parcel_that_was_cut(house: House) -> None:
    before = house.free_units()
    order_id, placement = await packed(house, method=PaymentMethod.COD)
    total = placement.quote.total_paise
    assert booked_amount(house, order_id, 1) == total
    told = await cancel(house, order_id, TEE=2)
    assert told.message.endswith("the courier collects less")
    await house.until_event(order_id, EventType.DELIVERY_PACKED, times=2)
    cut = (await view_of(house, order_id)).line_cancellations[0]
    assert booked_amount(house, order_id, 2) == total - cut.amount_paise
    await house.move(order_id, *HAPPY, number=2)
    await house.until_event(order_id, EventType.COD_COLLECTED)
    await until_documents(house, order_id, 3)
    view = await assert_all_true(house, order_id, before, cash=True)
    collected = [p.amount_paise for p in view.payments]
    assert collected == [total - cut.amount_paise]
    assert house.gateway.refunds == {}
    assert [line.refunded_paise for line in view.lines] == [0, 0]
    (mail,) = [m for m in house.mail.mails if "A part of your order" in m.subject]
    assert "less at the door" in mail.text


async def _until_asked_to_cancel(house: House, order_id: str) -> None:
    awb = house.courier.booked[ids.seller_reference(order_id, 1)].awb

    async def asked() -> bool:
        return {"awb": awb} in house.courier.called("cancel")

    await eventually(asked, "a call to the courier")
