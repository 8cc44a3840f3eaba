"""Placing an order: hold, redeem, ask for the money; all of it undone when one step is refused."""

from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.inventory import (
        HoldStockInput,
        InventoryActivities,
        OrderReference,
        RedeemCouponInput,
        RestoreCouponInput,
    )
    from activities.payments import CreatePaymentOrderInput, PaymentActivities
    from domain.cart import CartItem, PaymentMethod
    from domain.errors import REFUSALS, OutOfStock, PaymentRejected
    from domain.events import EventType
    from domain.messages import CheckoutAnswer, Refusal
    from domain.order import OrderState, Undo
    from domain.snapshot import PlacedOrder
    from workflows import policies
    from workflows.calls import local_first, remote
    from workflows.desk import Desk


async def place(desk: Desk) -> Refusal | None:
    """Take all that the order needs, then emit its first events; or take nothing and say why.

    No event exists before the last step has succeeded, so a refused order was never there.
    """
    try:
        await _hold_stock(desk)
        await _redeem_coupon(desk)
        if desk.state.placement.payment_method is PaymentMethod.PREPAID:
            await _request_payment(desk)
    except ApplicationError as refusal:
        await compensate(desk)
        return _refusal(refusal)
    _announce(desk)
    return None


async def compensate(desk: Desk) -> None:
    """Undo what stands to be undone, last first. Each tolerates that its step never happened."""
    undoing = {Undo.RELEASE_STOCK: _release_stock, Undo.RESTORE_COUPON: _restore_coupon}
    while desk.state.undo:
        undo = desk.state.undo[-1]
        await desk.insist(undo.value, partial(undoing[undo], desk.state))
        desk.state.undo.pop()


async def _release_stock(state: OrderState) -> None:
    order = OrderReference(order_id=state.order_id)
    await local_first(InventoryActivities.release_stock, order, summary="release stock")


async def _restore_coupon(state: OrderState) -> None:
    redemption = RestoreCouponInput(order_id=state.order_id, life=state.coupon_life)
    await local_first(InventoryActivities.restore_coupon, redemption, summary="restore coupon")


async def take_again(desk: Desk) -> None:
    """Redeem an expired order's coupon anew and sell its goods after all, or take nothing.

    The coupon is judged as of the day on which the order was placed: only its budget may be gone.

    Raises:
        ApplicationError: the coupon or the stock does not allow it any more; what was taken
            stands to be undone.
    """
    desk.state.coupon_life += 1
    await _redeem_coupon(desk)
    await commit_stock(desk)


async def commit_stock(desk: Desk) -> None:
    """Turn the hold into a sale; from then on goods come back parcel by parcel.

    Raises:
        ApplicationError: of type `OutOfStock`, if the hold is gone and stock allows no other.
    """
    order = OrderReference(order_id=desk.state.order_id)
    await local_first(InventoryActivities.commit_stock, order, summary="commit stock")
    if Undo.RELEASE_STOCK in desk.state.undo:
        desk.state.undo.remove(Undo.RELEASE_STOCK)


def checkout_answer(state: OrderState) -> CheckoutAnswer:
    """Return how the order stands, and how to pay it."""
    return CheckoutAnswer(
        order_id=state.order_id,
        status=state.status,
        sequence=state.sequence,
        epoch=state.epoch,
        total_paise=state.placement.quote.total_paise,
        payment=state.payment_order,
    )


async def _hold_stock(desk: Desk) -> None:
    placement = desk.state.placement
    desk.state.undo.append(Undo.RELEASE_STOCK)
    held = await local_first(
        InventoryActivities.hold_stock,
        HoldStockInput(
            order_id=placement.order_id,
            items=tuple(
                CartItem(sku=line.sku, quantity=line.quantity) for line in placement.quote.lines
            ),
            pincode=placement.shipping_address.pincode,
        ),
        summary="hold stock",
    )
    desk.state.allocations = held.allocations


async def _redeem_coupon(desk: Desk) -> None:
    placement = desk.state.placement
    if placement.quote.coupon is None:
        return
    desk.state.undo.append(Undo.RESTORE_COUPON)
    await local_first(
        InventoryActivities.redeem_coupon,
        RedeemCouponInput(
            order_id=placement.order_id,
            code=placement.quote.coupon,
            discount_paise=placement.quote.discount_paise,
            at=placement.placed_at,
            life=desk.state.coupon_life,
        ),
        summary=f"redeem coupon {placement.quote.coupon}",
    )


async def _request_payment(desk: Desk) -> None:
    placement = desk.state.placement
    window = timedelta(seconds=placement.terms.payment_window_s)
    deadline = placement.placed_at + window
    desk.state.payment_order = await remote(
        PaymentActivities.create_payment_order,
        CreatePaymentOrderInput(
            order_id=placement.order_id,
            amount_paise=placement.quote.total_paise,
            expires_at=deadline,
        ),
        queue=policies.PAYMENTS_QUEUE,
        summary="create the Razorpay order",
        give_up_after=window,
    )
    desk.state.payment_deadline = deadline


def _announce(desk: Desk) -> None:
    placement = desk.state.placement
    placed = PlacedOrder(
        customer=placement.customer,
        shipping_address=placement.shipping_address,
        quote=placement.quote,
        placed_at=placement.placed_at,
    )
    paid_later = desk.state.payment_order is None
    desk.outbox.emit(EventType.ORDER_PLACED, rides=paid_later, order=placed)
    if desk.state.payment_order is not None:
        desk.outbox.emit(EventType.PAYMENT_REQUESTED, payment_order=desk.state.payment_order)


def _refusal(error: ApplicationError) -> Refusal:
    if error.type not in REFUSALS:
        never = "the payment could not be set up in time: order again with a new Idempotency-Key"
        return Refusal(type=PaymentRejected.__name__, message=never)
    skus = error.details[0] if error.type == OutOfStock.__name__ and error.details else ()
    return Refusal(type=error.type or "", message=error.message, skus=tuple(skus))
