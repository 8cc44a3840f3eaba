"""Finds the order of a Razorpay webhook and tells its workflow."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from consumers.contract import NotYet
from consumers.metrics import ConsumerMetrics
from consumers.needs import RazorpayNotice
from domain.errors import OrderNotFound
from domain.ids import is_order_id
from domain.messages import DisputeNews, PaymentNews, RefundNews
from domain.ports import Clock, OrderNews, PaymentRefs

logger = logging.getLogger(__name__)

GRACE = timedelta(minutes=2)
"""For so long an unknown Razorpay order may be ours still: the activity that made it writes the
reference before it answers, but Razorpay's answer may be lost and the activity trying again."""


class RazorpayWebhooks:
    """Routes by the reference that was stored when the Razorpay order was made.

    The receipt in the payload only tells that a payment is ours. It never routes: a customer can
    write notes into a payment.
    """

    def __init__(
        self,
        *,
        read: Callable[[str], RazorpayNotice],
        refs: PaymentRefs,
        news: OrderNews,
        clock: Clock,
        metrics: ConsumerMetrics,
    ) -> None:
        self._read = read
        self._refs = refs
        self._news = news
        self._clock = clock
        self._metrics = metrics

    async def route(self, body: str, received_at: datetime) -> None:
        """Signal the order's workflow, or record that the webhook is none of ours.

        Raises:
            NotYet: money of an order that is not known (yet).
            Unreadable: the body is not a Razorpay webhook.
        """
        notice = self._read(body)
        if notice.news is None or notice.razorpay_order_id is None:
            self._record(notice, "no_order")
            return
        order_id = await self._refs.order_id(notice.razorpay_order_id)
        if order_id is not None:
            await self._tell(order_id, notice.news)
            self._metrics.webhooks.labels("razorpay", "signalled").inc()
        elif _is_ours(notice) or self._clock.now() - received_at < GRACE:
            message = f"Razorpay order {notice.razorpay_order_id} belongs to no order we know of"
            raise NotYet(message)
        else:
            self._record(notice, "unknown_order")

    async def _tell(self, order_id: str, news: PaymentNews | RefundNews | DisputeNews) -> None:
        try:
            if isinstance(news, PaymentNews):
                await self._news.payment_event(order_id, news)
            elif isinstance(news, DisputeNews):
                await self._news.dispute_event(order_id, news)
            else:
                await self._news.refund_event(order_id, news)
        except OrderNotFound as error:
            message = f"order {order_id} has neither a workflow nor an archive"
            raise NotYet(message) from error

    def _record(self, notice: RazorpayNotice, verdict: str) -> None:
        self._metrics.webhooks.labels("razorpay", verdict).inc()
        logger.info(
            "razorpay_webhook_passed_over",
            extra={
                "verdict": verdict,
                "event": notice.event[:60],
                "razorpay_order_id": notice.razorpay_order_id,
            },
        )


def _is_ours(notice: RazorpayNotice) -> bool:
    return notice.receipt is not None and is_order_id(notice.receipt)
