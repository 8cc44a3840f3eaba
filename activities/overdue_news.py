"""Asking the providers for news that is overdue, and telling the orders what they did not know."""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio import activity

from activities.failures import refusals
from domain.errors import OrderError, ServiceUnavailable
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.order_money import OrderMoney
from domain.overdue import (
    Concern,
    OverdueTerms,
    Watched,
    concerns_due,
    is_news_of_dispute,
    live_parcels,
    news_of_parcels,
    news_of_payments,
    news_of_refunds,
    next_look,
    open_refunds,
)
from domain.payment import GatewayDispute, GatewayPayment, GatewayRefund
from domain.ports import OrderNews, PaymentGateway, PaymentReports
from domain.ports.reconciliation import MoneyBooks, MoneyWatch
from domain.shipment import CourierUpdate

logger = logging.getLogger(__name__)

TOLD_AT_ONCE = 8
DISPUTES_LAST = timedelta(days=120)
"""A dispute goes through its phases within about this time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnlistInput:
    """Orders placed since `oldest` are watched; `again` looks at all of them once more."""

    oldest: datetime
    now: datetime
    again: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OverduePageInput:
    """Watched orders whose look was due before `before`, at most `limit`."""

    before: datetime
    now: datetime
    limit: int
    terms: OverdueTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class ParcelQuestion:
    """A parcel to ask the courier about."""

    shipment: int
    awb: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is to be asked about one order; nothing, if it was only looked at.

    Attributes:
        razorpay_order_id: ask for all payments of this Razorpay order.
        refunded_payments: ask for all refunds of each of these payments.
        parcels: ask the courier for each of these.
    """

    watched: Watched
    concerns: tuple[Concern, ...] = ()
    razorpay_order_id: str | None = None
    refunded_payments: tuple[str, ...] = ()
    parcels: tuple[ParcelQuestion, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OverduePage:
    """Orders to ask about; an empty page is the last."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the providers said of one order; `answered` are the concerns they said all about."""

    watched: Watched
    answered: tuple[Concern, ...] = ()
    payments: tuple[GatewayPayment, ...] = ()
    refunds: tuple[GatewayRefund, ...] = ()
    updates: tuple[CourierUpdate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TellOrdersInput:
    """The answers of a page."""

    answers: tuple[Answer, ...]
    now: datetime
    terms: OverdueTerms


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """How many orders were told news, and how many could not be reached."""

    told: int = 0
    failed: int = 0

    def __add__(self, other: "Told") -> "Told":
        """Add both counts."""
        return Told(told=self.told + other.told, failed=self.failed + other.failed)


NOTHING_TOLD = Told()


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpRefundsInput:
    """Whose refunds to ask for."""

    payment_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUpRefundsResult:
    """Every refund of the payment, oldest first."""

    refunds: tuple[GatewayRefund, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TellDisputesInput:
    """When it is."""

    now: datetime


class OverdueNewsActivities:
    """Runs on the `schedules` queue. Idempotent: an order is told only what it does not know."""

    def __init__(self, books: MoneyBooks, watch: MoneyWatch, news: OrderNews) -> None:
        """Receive the ports."""
        self._books = books
        self._watch = watch
        self._news = news

    @activity.defn
    async def enlist_orders(self, request: EnlistInput) -> int:
        """Put new orders on the watch; return how many were looked at."""
        return await self._watch.enlist(request.oldest, request.now, again=request.again)

    @activity.defn
    async def overdue_page(self, request: OverduePageInput) -> OverduePage:
        """Return the next orders to look at, each with what is to be asked."""
        watched = await self._watch.due(request.before, request.limit)
        money = await self._books.of([each.order_id for each in watched])
        return OverduePage(
            questions=tuple(
                question_of(each, money.get(each.order_id), request.terms, request.now)
                for each in watched
            )
        )

    @activity.defn
    async def tell_orders(self, request: TellOrdersInput) -> Told:
        """Tell each order what is new to it, and note when to look at it again.

        An order that cannot be reached holds up no other: it is asked about again next time.
        """
        money = await self._books.of([each.watched.order_id for each in request.answers])
        gate = asyncio.Semaphore(TOLD_AT_ONCE)

        async def tell(answer: Answer) -> Told:
            async with gate:
                return await self._tell(answer, money.get(answer.watched.order_id), request)

        return sum(await asyncio.gather(*map(tell, request.answers)), Told())

    async def _tell(
        self, answer: Answer, order: OrderMoney | None, request: TellOrdersInput
    ) -> Told:
        now, terms, watched = request.now, request.terms, answer.watched
        soon = now + timedelta(seconds=terms.payment_s)
        if order is None:  # its view has not come yet, or was let go long ago
            await self._watch.looked(watched, soon, now)
            return Told()
        try:
            told = await self._signal(order, answer, now)
        except (OrderError, ServiceUnavailable) as error:
            logger.warning(
                "order_not_told", extra={"order_id": order.order_id, "error": type(error).__name__}
            )
            await self._watch.looked(watched, soon, now)
            return Told(failed=1)
        seen = replace(watched, asked={**watched.asked, **dict.fromkeys(answer.answered, now)})
        unanswered = concerns_due(order, seen, terms, now)
        # What the news leads to (a refund, the parcel's next step) has to be watched soon enough.
        again = soon if told or unanswered else next_look(order, seen, terms, now)
        await self._watch.looked(seen, again, now)
        return Told(told=int(told))

    async def _signal(self, order: OrderMoney, answer: Answer, now: datetime) -> bool:
        payments = news_of_payments(order, answer.payments, now)
        refunds = news_of_refunds(order, answer.refunds)
        updates = news_of_parcels(order, answer.updates)
        for payment in payments:
            news = PaymentNews(payment=payment.seen(now))
            await self._news.payment_event(order.order_id, news)
        for refund in refunds:
            await self._news.refund_event(order.order_id, RefundNews(refund=refund))
        for update in updates:
            await self._news.courier_event(order.order_id, update)
        if told := [*payments, *refunds, *updates]:
            logger.info("overdue_news_told", extra={"order_id": order.order_id, "news": len(told)})
        return bool(told)


class RazorpayNewsActivities:
    """Runs on the `payments` queue, whose rate limit is the account's. Only reads at Razorpay."""

    def __init__(
        self,
        gateway: PaymentGateway,
        reports: PaymentReports,
        books: MoneyBooks,
        news: OrderNews,
    ) -> None:
        """Receive the ports."""
        self._gateway = gateway
        self._reports = reports
        self._books = books
        self._news = news

    @activity.defn
    async def look_up_refunds(self, request: LookUpRefundsInput) -> LookUpRefundsResult:
        """Ask Razorpay for every refund of a payment."""
        with refusals():
            refunds = await self._gateway.refunds_of(request.payment_id)
        return LookUpRefundsResult(refunds=tuple(refunds))

    @activity.defn
    async def tell_disputes(self, request: TellDisputesInput) -> Told:
        """Ask for the disputes of the last months and tell each order what is new to it."""
        disputes = await self._reports.disputes(request.now - DISPUTES_LAST)
        owners = await self._books.orders_of({each.payment_id for each in disputes})
        money = await self._books.of(set(owners.values()))
        told = Told()
        for dispute in disputes:
            order = money.get(owners.get(dispute.payment_id, ""))
            if order is not None and is_news_of_dispute(order, dispute):
                told += await self._tell(order.order_id, dispute)
        return told

    async def _tell(self, order_id: str, dispute: GatewayDispute) -> Told:
        try:
            payment = await self._gateway.payment(dispute.payment_id)
            news = DisputeNews(dispute=dispute, payment=payment)
            await self._news.dispute_event(order_id, news)
        except (OrderError, ServiceUnavailable) as error:
            reason = {"order_id": order_id, "error": type(error).__name__}
            logger.warning("order_not_told", extra=reason)
            return Told(failed=1)
        return Told(told=1)


def question_of(
    watched: Watched, order: OrderMoney | None, terms: OverdueTerms, now: datetime
) -> Question:
    """Return what is to be asked about a watched order now."""
    if order is None:
        return Question(watched=watched)
    due = concerns_due(order, watched, terms, now)
    asks_payments = Concern.PAYMENTS in due and order.payment_order is not None
    return Question(
        watched=watched,
        concerns=tuple(sorted(due)),
        razorpay_order_id=_razorpay_order_id(order) if asks_payments else None,
        refunded_payments=_refunded(order) if Concern.REFUNDS in due else (),
        parcels=_parcels(order) if Concern.PARCELS in due else (),
    )


def _razorpay_order_id(order: OrderMoney) -> str | None:
    return order.payment_order.razorpay_order_id if order.payment_order else None


def _refunded(order: OrderMoney) -> tuple[str, ...]:
    return tuple(sorted({refund.payment_id for refund in open_refunds(order)}))


def _parcels(order: OrderMoney) -> tuple[ParcelQuestion, ...]:
    return tuple(
        ParcelQuestion(shipment=parcel.number, awb=parcel.awb)
        for parcel in live_parcels(order)
        if parcel.awb
    )
