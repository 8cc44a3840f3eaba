"""Finds the order of a courier's scan and tells its workflow, if the scan moves a parcel."""

import logging
from collections.abc import Callable

from consumers.contract import NotYet
from consumers.metrics import ConsumerMetrics
from consumers.needs import CourierScan
from domain.errors import OrderNotFound
from domain.ids import parse_seller_reference
from domain.ports import OrderNews, OrderViews
from domain.shipment import CourierUpdate, Shipment, ShipmentState, path_to
from domain.view import OrderView

logger = logging.getLogger(__name__)


class CourierWebhooks:
    """Routes by our own seller reference, which the courier repeats; the AWB must fit it."""

    def __init__(
        self,
        *,
        read: Callable[[str], CourierScan],
        views: OrderViews,
        news: OrderNews,
        metrics: ConsumerMetrics,
    ) -> None:
        self._read = read
        self._views = views
        self._news = news
        self._metrics = metrics

    async def route(self, body: str) -> None:
        """Signal the order's workflow, or record that the scan is none of ours or changes nothing.

        Raises:
            NotYet: the reference is of our form, but its order or AWB is not known (yet).
            Unreadable: the body is not a courier webhook.
        """
        scan = self._read(body)
        ours = parse_seller_reference(scan.reference)
        if ours is None:
            self._record(scan, "foreign_parcel")
            return
        order_id, number = ours
        if scan.state is None:
            self._record(scan, "no_meaning")
            return
        parcel = _parcel(await self._views.get(order_id), number)
        verdict = judge(scan, scan.state, parcel)
        if verdict is not None:
            self._record(scan, verdict)
            return
        update = CourierUpdate(
            shipment=number, awb=scan.awb, state=scan.state, at=scan.at, text=scan.text
        )
        try:
            await self._news.courier_event(order_id, update)
        except OrderNotFound as error:
            message = f"parcel {scan.reference} belongs to no order we know of"
            raise NotYet(message) from error
        self._metrics.webhooks.labels("courier", "signalled").inc()

    def _record(self, scan: CourierScan, verdict: str) -> None:
        self._metrics.webhooks.labels("courier", verdict).inc()
        logger.info(
            "courier_webhook_passed_over",
            extra={"verdict": verdict, "reference": scan.reference[:60], "awb": scan.awb[:40]},
        )


def judge(scan: CourierScan, state: ShipmentState, parcel: Shipment | None) -> str | None:
    """Return why a scan is passed over, or None if it may move the parcel.

    The view may lag behind the workflow, never lead: a parcel it does not show yet is asked for.

    Raises:
        NotYet: the AWB is not the one that was booked under this reference.
    """
    if parcel is None or parcel.awb is None:
        return None
    if parcel.reference != scan.reference:
        return "earlier_booking"
    if parcel.awb != scan.awb:
        message = f"parcel {scan.reference} is known under another AWB than {scan.awb[:40]}"
        raise NotYet(message)
    if not path_to(parcel.state, state) or _known_attempt(scan, parcel):
        return "no_advance"
    return None


def _known_attempt(scan: CourierScan, parcel: Shipment) -> bool:
    """Tell a late repeat from news: only a failed attempt can lead back to earlier states."""
    failed = parcel.state is ShipmentState.ATTEMPT_FAILED
    return failed and parcel.changed_at is not None and scan.at <= parcel.changed_at


def _parcel(view: OrderView | None, number: int) -> Shipment | None:
    shipments = view.shipments if view else ()
    return next((parcel for parcel in shipments if parcel.number == number), None)
