"""Finds the order of a courier's scan and tells its workflow, if the scan moves a parcel."""

import logging
from collections.abc import Callable
from datetime import datetime

from consumers.contract import NotYet
from consumers.metrics import ConsumerMetrics
from consumers.needs import CourierNotice
from domain.errors import OrderNotFound
from domain.ids import parse_seller_reference
from domain.ports import OrderNews, OrderViews
from domain.shipment import CourierUpdate, Shipment, contradicts, is_old, path_to
from domain.view import OrderView

logger = logging.getLogger(__name__)


class CourierWebhooks:
    """Routes by our own seller reference, which the courier repeats; the AWB must fit it."""

    def __init__(
        self,
        *,
        read: Callable[[str, datetime], CourierNotice | None],
        views: OrderViews,
        news: OrderNews,
        metrics: ConsumerMetrics,
    ) -> None:
        self._read = read
        self._views = views
        self._news = news
        self._metrics = metrics

    async def route(self, body: str, received_at: datetime) -> None:
        """Signal the order's workflow, or record that the scan is none of ours or changes nothing.

        Raises:
            NotYet: the reference is of our form, but its order or AWB is not known (yet).
            Unreadable: the body is not a courier webhook.
        """
        notice = self._read(body, received_at)
        ours = parse_seller_reference(notice.reference) if notice else None
        if notice is None or ours is None:
            self._record("foreign_parcel", notice)
        elif notice.update is None:
            self._record("no_meaning", notice)
        else:
            await self._tell(ours[0], notice, notice.update)

    async def _tell(self, order_id: str, notice: CourierNotice, update: CourierUpdate) -> None:
        parcel = _parcel(await self._views.get(order_id), update.shipment)
        verdict = judge(notice.reference, update, parcel)
        if verdict is not None:
            self._record(verdict, notice)
            return
        try:
            await self._news.courier_event(order_id, update)
        except OrderNotFound as error:
            message = f"parcel {notice.reference} belongs to no order we know of"
            raise NotYet(message) from error
        self._metrics.webhooks.labels("courier", "signalled").inc()

    def _record(self, verdict: str, notice: CourierNotice | None) -> None:
        self._metrics.webhooks.labels("courier", verdict).inc()
        logger.info(
            "courier_webhook_passed_over",
            extra={"verdict": verdict, "reference": notice.reference if notice else ""},
        )


def judge(reference: str, update: CourierUpdate, parcel: Shipment | None) -> str | None:
    """Return why a scan is passed over, or None if it may move the parcel.

    The view may lag behind the workflow, never lead: a parcel it does not show yet is handed on.

    Raises:
        NotYet: the AWB is not the one that was booked under this reference.
    """
    if parcel is None or parcel.awb is None:
        return None
    if parcel.reference != reference:
        return "earlier_booking"
    if parcel.awb != update.awb:
        message = f"parcel {reference} is known under another AWB than {update.awb[:40]}"
        raise NotYet(message)
    if contradicts(update, parcel):
        return None
    if not path_to(parcel.state, update.state) or is_old(update, parcel):
        return "no_advance"
    return None


def _parcel(view: OrderView | None, number: int) -> Shipment | None:
    shipments = view.shipments if view else ()
    return next((parcel for parcel in shipments if parcel.number == number), None)
