"""A collection as large as a shop's after years: copies of one real order under other names."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from adapters.mongo.connection import Collection, Database, Document
from adapters.mongo.order_views import view_document
from domain import ids
from domain.events import OrderEvent
from domain.status import OrderStatus
from domain.view import OrderView
from domain.wire import envelope

SEED = 1
PAGE = 2_000
DAY_S = 86_400
YEARS_S = 3 * 365 * DAY_S
COMMON = (OrderStatus.COMPLETED,) * 88 + (OrderStatus.CANCELLED,) * 6 + (OrderStatus.EXPIRED,) * 3
RARE = (OrderStatus.SHIPPED, OrderStatus.CONFIRMED, OrderStatus.DELIVERED)
ATTENTION_IN = 2_000
"""One order of so many waits for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What somebody may know of one order."""

    order_id: str
    customer_id: str
    phone: str
    email: str
    payment_id: str
    awb: str
    total_paise: int
    status: str
    placed_at: datetime


def known(number: int, newest: datetime) -> Known:
    """Return the order of a number: the same each time, without a list of them in memory."""
    dice = random.Random(SEED * 10**9 + number)  # noqa: S311 - no secret
    customer = dice.randrange(250_000)
    placed_at = newest - timedelta(seconds=dice.randrange(YEARS_S))
    return Known(
        order_id=ids.order_id_for("crowd", str(number)),
        customer_id=f"cus_{customer:06d}",
        phone=f"9{customer:09d}",
        email=f"customer{customer}@example.com",
        payment_id=f"pay_{number:014d}",
        awb=f"{77_000_000_000 + number}",
        total_paise=dice.randrange(100_00, 20_000_00),
        status=dice.choice((*COMMON, *RARE)).value,
        placed_at=placed_at.replace(microsecond=0),
    )


async def fill_views(views: Collection, view: OrderView, count: int) -> None:
    """Insert so many views."""
    template = view_document(view)
    for start in range(0, count, PAGE):
        page = range(start, min(start + PAGE, count))
        documents = [_view(template, each, view.placed_at) for each in page]
        await views.insert_many(documents, ordered=False)


def _view(template: Document, number: int, newest: datetime) -> Document:
    order = known(number, newest)
    fields: dict[str, Any] = {
        "customer_id": order.customer_id,
        "status": order.status,
        "total_paise": order.total_paise,
    }
    whole = {**template["view"], **fields, "order_id": order.order_id}
    return {
        **template,
        **fields,
        "_id": order.order_id,
        "placed_at": order.placed_at,
        "customer_keys": [order.customer_id, order.phone, order.email],
        "attention": number % ATTENTION_IN == 0,
        "payment_ids": [order.payment_id, f"order_{number:014d}"],
        "awbs": [order.awb],
        "view": {**whole, "placed_at": order.placed_at.isoformat()},
    }


async def fill_log(database: Database, story: list[OrderEvent], orders: int) -> None:
    """Insert the story of so many orders into the log."""
    templates = [envelope(event) for event in story]
    together = PAGE // len(story)
    for start in range(0, orders, together):
        logs = range(start, min(start + together, orders))
        documents = [each for _ in logs for each in _log(templates, story, f"ord_{token_hex(10)}")]
        await database["order_events"].insert_many(documents, ordered=False)


def _log(templates: list[Document], story: list[OrderEvent], order_id: str) -> Iterator[Document]:
    for template, event in zip(templates, story, strict=True):
        event_id = f"{order_id}:{event.epoch}:{event.sequence}"
        yield {
            "_id": event_id,
            "order_id": order_id,
            "epoch": event.epoch,
            "sequence": event.sequence,
            "type": event.type.value,
            "time": event.time,
            "envelope": {**template, "id": event_id, "subject": order_id},
        }
