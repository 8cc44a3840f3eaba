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
from activities.payments import PaymentActivities
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
    PaymentGateway,
    PaymentRefs,
    SentMail,
)
from domain.ports.links import LinkKeys
from workflows import policies
from workflows.housekeeping import HousekeepingWorkflow
from workflows.order import OrderWorkflow

Activity = Callable[..., Any]


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
    return [
        payments.create_payment_order,
        payments.confirm_handover,
        payments.look_up_payments,
        payments.refund_payment,
        payments.look_up_refund,
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
    return [HousekeepingActivities(ports.inventory, ports.orders).release_forgotten_holds]


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
    policies.SCHEDULES_QUEUE: [HousekeepingWorkflow],
}
QUEUES = tuple(_BUILDERS)
