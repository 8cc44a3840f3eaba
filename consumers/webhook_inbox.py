"""From a webhook to its order: finds whom it concerns and signals that workflow."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consumers.contract import (
    FOREVER,
    NOT_FROM_TOPICS,
    Atomicity,
    ConsumerContract,
    Idempotency,
    IdempotencyKey,
    OnDuplicate,
    OnMismatch,
    Ordering,
    UnknownType,
)
from consumers.courier_webhooks import CourierWebhooks
from consumers.needs import ConsumerPorts
from consumers.razorpay_webhooks import RazorpayWebhooks
from domain.wire import Unreadable, from_json

CONTRACT = ConsumerContract(
    name="webhook_inbox",
    types=NOT_FROM_TOPICS,
    queue="webhook-inbox",
    idempotency=Idempotency(
        key=IdempotencyKey.BUSINESS,
        scope="order",
        store="the order's workflow: payment ledger, parcel states",
        window=FOREVER,
        atomicity=Atomicity.SAME_DOCUMENT,
        on_duplicate=OnDuplicate.NOTHING,
        on_mismatch=OnMismatch.KEEP_FIRST,
    ),
    ordering=Ordering.NONE,
    unknown_type=UnknownType.PARK,
    visibility_s=30,
    max_receive=15,
    replay_safe=True,
)


class WebhookSource(StrEnum):
    """Who sent a webhook."""

    RAZORPAY = "razorpay"
    COURIER = "courier"


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxMessage:
    """What a receiver puts on the queue: the verified body as it came, nothing interpreted."""

    source: WebhookSource
    received_at: datetime
    body: str
    event_id: str


class WebhookInbox:
    """Hands each webhook to the desk of its source."""

    def __init__(self, *, razorpay: RazorpayWebhooks, courier: CourierWebhooks) -> None:
        self._razorpay = razorpay
        self._courier = courier

    async def handle_message(self, body: str) -> None:
        """Signal the order that a webhook concerns. Repeats are harmless: the order knows them.

        Raises:
            Unreadable: it is not one of our messages, or the webhook in it makes no sense.
            NotYet: the order that it concerns is not known yet.
            ServiceUnavailable: a store or Temporal is away.
        """
        message = read_inbox_message(body)
        if message.source is WebhookSource.RAZORPAY:
            await self._razorpay.route(message.body, message.received_at)
        else:
            await self._courier.route(message.body, message.received_at)


def read_inbox_message(body: str) -> InboxMessage:
    """Return a receiver's message.

    Raises:
        Unreadable: it is not one.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        message = f"not JSON: {error}"
        raise Unreadable(message) from error
    received = from_json(InboxMessage, document)
    if received.received_at.tzinfo is None:
        message = "received_at has no time zone"
        raise Unreadable(message)
    return received


def build(ports: ConsumerPorts) -> WebhookInbox:
    """Return the consumer."""
    return WebhookInbox(
        razorpay=RazorpayWebhooks(
            read=ports.read_razorpay,
            refs=ports.payment_refs,
            news=ports.news,
            clock=ports.clock,
            metrics=ports.metrics,
        ),
        courier=CourierWebhooks(
            read=ports.read_courier, views=ports.views, news=ports.news, metrics=ports.metrics
        ),
    )
