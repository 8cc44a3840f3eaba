"""Which activities run on which task queue; the one list that workers and tests share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activities.delivery import DeliveryActivities
from activities.events import EventActivities
from activities.housekeeping import HousekeepingActivities
from activities.inventory import InventoryActivities
from activities.invoicing import InvoicingActivities
from activities.notifications import NotificationActivities
from activities.overdue_news import OverdueNewsActivities, RazorpayNewsActivities
from activities.payments import PaymentActivities
from activities.reconciliation import ReconciliationActivities, SettlementActivities
from domain.ports import (
    Catalogue,
    Coupons,
    Courier,
    DocumentFiles,
    DocumentRegister,
    DocumentRenderer,
    EventPublisher,
    Inventory,
    Mailer,
    OrderArchive,
    OrderCommands,
    OrderHeads,
    OrderNews,
    PaymentGateway,
    PaymentRefs,
    PaymentReports,
    SentMail,
)
from domain.ports.links import LinkKeys
from domain.ports.reconciliation import (
    MoneyBooks,
    MoneyWatch,
    ReconciliationReports,
    SettlementBooks,
)
from workflows import policies
from workflows.housekeeping import HousekeepingWorkflow
from workflows.order import OrderWorkflow
from workflows.overdue_news import OverdueNewsWorkflow
from workflows.reconciliation import ReconcileDayWorkflow

Activity = Callable[..., Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReconciliationPorts:
    """What asking for overdue news and reconciling a day reach through."""

    payment_reports: PaymentReports
    news: OrderNews
    books: MoneyBooks
    watch: MoneyWatch
    settled: SettlementBooks
    reports: ReconciliationReports


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivityPorts:
    """Everything that activities reach through."""

    catalogue: Catalogue
    inventory: Inventory
    coupons: Coupons
    gateway: PaymentGateway
    payment_refs: PaymentRefs
    courier: Courier
    register: DocumentRegister
    renderer: DocumentRenderer
    files: DocumentFiles
    mailer: Mailer
    sent_mail: SentMail
    links: LinkKeys
    publisher: EventPublisher
    heads: OrderHeads
    archive: OrderArchive
    orders: OrderCommands
    reconciliation: ReconciliationPorts


def activities_of(queue: str, ports: ActivityPorts) -> list[Activity]:
    """Return the activities that a worker of this queue offers.

    Raises:
        KeyError: there is no such queue.
    """
    return _BUILDERS[queue](ports)


def workflows_of(queue: str) -> list[type]:
    """Return the workflows that a worker of this queue runs."""
    return _WORKFLOWS.get(queue, [])


def _orders(ports: ActivityPorts) -> list[Activity]:
    inventory = InventoryActivities(ports.inventory, ports.coupons)
    events = EventActivities(ports.publisher, ports.heads, ports.archive)
    return [
        inventory.hold_stock,
        inventory.commit_stock,
        inventory.release_stock,
        inventory.restock,
        inventory.redeem_coupon,
        inventory.restore_coupon,
        events.publish_events,
        events.archive_order,
        *_notifications(ports),
    ]


def _payments(ports: ActivityPorts) -> list[Activity]:
    payments = PaymentActivities(ports.gateway, ports.payment_refs)
    money = ports.reconciliation
    overdue = RazorpayNewsActivities(ports.gateway, money.payment_reports, money.books, money.news)
    settlements = SettlementActivities(money.payment_reports, money.settled)
    return [
        payments.create_payment_order,
        payments.confirm_handover,
        payments.look_up_payments,
        payments.refund_payment,
        payments.look_up_refund,
        overdue.look_up_refunds,
        overdue.tell_disputes,
        settlements.read_settlements,
    ]


def _delivery(ports: ActivityPorts) -> list[Activity]:
    delivery = DeliveryActivities(ports.courier, ports.catalogue)
    return [
        delivery.book_shipment,
        delivery.cancel_shipment,
        delivery.track_shipment,
        delivery.look_up_remittance,
    ]


def _invoicing(ports: ActivityPorts) -> list[Activity]:
    invoicing = InvoicingActivities(ports.register, ports.renderer, ports.files, ports.catalogue)
    return [invoicing.issue_document]


def _schedules(ports: ActivityPorts) -> list[Activity]:
    money = ports.reconciliation
    housekeeping = HousekeepingActivities(ports.inventory, ports.orders)
    overdue = OverdueNewsActivities(money.books, money.watch, money.news)
    reconciliation = ReconciliationActivities(
        money.books, money.watch, money.settled, money.reports
    )
    return [
        housekeeping.release_forgotten_holds,
        overdue.enlist_orders,
        overdue.overdue_page,
        overdue.tell_orders,
        reconciliation.days_to_read,
        reconciliation.match_day,
    ]


def _notifications(ports: ActivityPorts) -> list[Activity]:
    return [NotificationActivities(ports.mailer, ports.sent_mail, ports.links).send_notification]


_BUILDERS: dict[str, Callable[[ActivityPorts], list[Activity]]] = {
    policies.ORDERS_QUEUE: _orders,
    policies.PAYMENTS_QUEUE: _payments,
    policies.DELIVERY_QUEUE: _delivery,
    policies.INVOICING_QUEUE: _invoicing,
    policies.NOTIFICATIONS_QUEUE: _notifications,
    policies.SCHEDULES_QUEUE: _schedules,
}
_WORKFLOWS: dict[str, list[type]] = {
    policies.ORDERS_QUEUE: [OrderWorkflow],
    policies.SCHEDULES_QUEUE: [
        HousekeepingWorkflow,
        OverdueNewsWorkflow,
        ReconcileDayWorkflow,
    ],
}
QUEUES = tuple(_BUILDERS)
