"""Orders' money as the read model tells it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.mongo.connection import Database
from adapters.mongo.money_books import MongoMoneyBooks
from adapters.mongo.order_views import MongoOrderViews
from domain.order_money import money_of
from domain.payment import EntryKind, PaymentEntry, PaymentOrder, Refund, RefundStatus
from domain.ports.reconciliation import MoneyBooks
from domain.view import OrderView
from tests.fakes.reconciliation import FakeMoneyBooks
from tests.fakes.samples import NOON, sample_events, sample_view

HOUR = timedelta(hours=1)


class Books:
    """The books, and how views come into them."""

    def __init__(self, database: Database | None) -> None:
        self._fake = FakeMoneyBooks()
        self._views = MongoOrderViews(database) if database is not None else None
        self.books: MoneyBooks = MongoMoneyBooks(database) if database is not None else self._fake

    async def add(self, view: OrderView) -> str:
        if self._views is None:
            self._fake.orders[view.order_id] = money_of(view)
        else:
            assert await self._views.save(view, None)
        return view.order_id


@pytest.fixture
def books(database: Database | None) -> Books:
    return Books(database)


def paid(payment_id: str = "pay_1", at: datetime = NOON) -> OrderView:
    """An order that was paid, by its view."""
    return replace(
        sample_view(sample_events(1)),
        payment_order=PaymentOrder(
            razorpay_order_id=f"order_{payment_id}",
            key_id="rzp_test_x",
            amount_paise=100_00,
            expires_at=NOON,
        ),
        payments=(
            PaymentEntry(kind=EntryKind.CAPTURED, amount_paise=100_00, reference=payment_id, at=at),
        ),
    )


def refunded(requested_at: datetime, processed_at: datetime | None) -> OrderView:
    refund = Refund(
        number=1,
        key="ord_1_refund_1",
        payment_id="pay_1",
        amount_paise=10_00,
        reason="not owed any more",
        status=RefundStatus.PROCESSED if processed_at else RefundStatus.INITIATED,
        requested_at=requested_at,
        razorpay_refund_id="rfnd_1" if processed_at else None,
        processed_at=processed_at,
    )
    return replace(paid(at=NOON - 99 * HOUR), refunds=(refund,))


async def test_the_money_of_an_order_is_what_its_view_says(books: Books) -> None:
    view = paid()
    order_id = await books.add(view)
    assert await books.books.of([order_id, "ord_unknown"]) == {order_id: money_of(view)}
    assert await books.books.of([]) == {}


async def test_more_orders_than_are_read_at_once_come_all(books: Books) -> None:
    ids = {await books.add(paid(f"pay_{number}")) for number in range(501)}
    assert set(await books.books.of(ids)) == ids
    references = [f"pay_{number}" for number in range(501)]
    assert set((await books.books.orders_of(references)).values()) == ids


async def test_payments_refunds_and_razorpay_orders_lead_to_their_order(books: Books) -> None:
    order_id = await books.add(refunded(NOON, NOON))
    wanted = ["pay_1", "order_pay_1", "rfnd_1", "pay_of_somebody_else"]
    assert await books.books.orders_of(wanted) == dict.fromkeys(wanted[:3], order_id)


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (paid(at=NOON), True),
        (paid(at=NOON.replace(microsecond=0)), False),
        (paid(at=NOON + HOUR - timedelta(microseconds=1)), True),
        (paid(at=NOON + HOUR), False),
        (paid(at=NOON - timedelta(microseconds=1)), False),
        (refunded(NOON, None), True),
        (refunded(NOON - 9 * HOUR, NOON), True),
        (refunded(NOON - 9 * HOUR, None), False),
        (refunded(NOON - 9 * HOUR, NOON + HOUR), False),
    ],
)
async def test_orders_whose_money_moved_in_a_span_are_found(
    books: Books, view: OrderView, expected: bool
) -> None:
    order_id = await books.add(view)
    moved = await books.books.moved_between(NOON, NOON + HOUR)
    assert list(moved) == ([order_id] if expected else [])
