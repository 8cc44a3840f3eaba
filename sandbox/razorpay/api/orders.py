"""`/v1/orders`: create (never idempotent), read, list, change notes."""

from collections.abc import Mapping

from starlette.routing import Route

from sandbox.razorpay.account import Account
from sandbox.razorpay.api import fields
from sandbox.razorpay.api.call import Call, api_route
from sandbox.razorpay.api.errors import invalid_input
from sandbox.razorpay.entities import Order
from sandbox.razorpay.identity import new_id

CREATE_FIELDS = (
    "amount",
    "currency",
    "receipt",
    "notes",
    "partial_payment",
    "first_payment_min_amount",
    "payment",
    "payment_capture",
)
LONGEST_RECEIPT = 40
SHORTEST_EXPIRY_MIN = 12
LONGEST_EXPIRY_MIN = 7200
MINUTE_S = 60


def routes(account: Account) -> list[Route]:
    """Return the order routes."""
    one = "/v1/orders/{order_id}"
    return [
        api_route(account, "POST", "/v1/orders", create_order),
        api_route(account, "GET", "/v1/orders", list_orders),
        api_route(account, "GET", one, fetch_order),
        api_route(account, "PATCH", one, edit_order),
        api_route(account, "GET", f"{one}/payments", list_order_payments),
    ]


async def create_order(call: Call) -> dict[str, object]:
    """Create an order. Each call makes a new one, also with a receipt used before."""
    fields.refuse_unknown(call.body, CREATE_FIELDS)
    _refuse_partial_payment(call.body)
    order = Order(
        id=new_id("order"),
        amount=fields.amount_paise(call.body),
        currency=fields.currency(call.body),
        receipt=fields.text(call.body, "receipt", LONGEST_RECEIPT),
        notes=fields.notes(call.body),
        created_at=int(call.account.now()),
    )
    _apply_capture_block(order, call.body)
    call.account.ledger.save(order)
    return order.as_json()


async def fetch_order(call: Call) -> dict[str, object]:
    """Return one order, with its payments if `expand[]=payments` asks for them."""
    fields.refuse_unknown(dict(call.query), ("expand[]",))
    return _expanded(call, call.account.ledger.order(call.ids["order_id"]))


async def list_orders(call: Call) -> dict[str, object]:
    """Return orders, newest first; `receipt` and `authorized` narrow the list."""
    wanted = fields.page(call.query, ("receipt", "authorized", "expand[]"))
    query = dict(call.query)
    orders = [
        one
        for one in call.account.ledger.orders.values()
        if query.get("receipt") in {None, one.receipt} and _matches_authorized(call, one, query)
    ]
    return fields.collection(_expanded(call, one) for one in fields.select(orders, wanted))


async def edit_order(call: Call) -> dict[str, object]:
    """Replace the notes, the only thing of an order that can change."""
    order = call.account.ledger.order(call.ids["order_id"])
    fields.refuse_unknown(call.body, ("notes",))
    order.notes = fields.notes(call.body)
    call.account.ledger.save(order)
    return order.as_json()


async def list_order_payments(call: Call) -> dict[str, object]:
    """Return every attempt at an order, newest first."""
    fields.refuse_unknown(dict(call.query), ("expand[]",))
    order = call.account.ledger.order(call.ids["order_id"])
    payments = call.account.ledger.payments_of(order.id)
    return fields.collection(one.as_json() for one in reversed(payments))


def _expanded(call: Call, order: Order) -> dict[str, object]:
    wire = order.as_json()
    if any(name == "expand[]" and value.startswith("payments") for name, value in call.query):
        payments = call.account.ledger.payments_of(order.id)
        wire["payments"] = fields.collection(one.as_json() for one in reversed(payments))
    return wire


def _matches_authorized(call: Call, order: Order, query: Mapping[str, str]) -> bool:
    if "authorized" not in query:
        return True
    if query["authorized"] not in {"0", "1"}:
        description = "The selected authorized is invalid."
        raise invalid_input(description, "authorized")
    payments = call.account.ledger.payments_of(order.id)
    has_one = any(one.authorized_at is not None for one in payments)
    return has_one == (query["authorized"] == "1")


def _refuse_partial_payment(body: fields.Fields) -> None:
    if body.get("partial_payment") or body.get("first_payment_min_amount") is not None:
        description = "Partial payment is not enabled on this account"
        raise invalid_input(description, "partial_payment")


def _apply_capture_block(order: Order, body: fields.Fields) -> None:
    block = body.get("payment")
    if block is None:
        if body.get("payment_capture") in (0, "0"):
            order.capture = "manual"
        return
    if not isinstance(block, dict):
        description = "The payment must be an array."
        raise invalid_input(description, "payment")
    fields.refuse_unknown(block, ("capture", "capture_options"))
    order.capture = fields.choice(block, "capture", ("automatic", "manual"), "automatic")
    options = block.get("capture_options") or {}
    if not isinstance(options, dict):
        description = "The capture_options must be an array."
        raise invalid_input(description, "capture_options")
    fields.refuse_unknown(
        options, ("automatic_expiry_period", "manual_expiry_period", "refund_speed")
    )
    order.refund_speed = fields.choice(options, "refund_speed", ("normal", "optimum"), "normal")
    _apply_expiry(order, options)


def _apply_expiry(order: Order, options: fields.Fields) -> None:
    automatic = _expiry_minutes(options, "automatic_expiry_period")
    manual = _expiry_minutes(options, "manual_expiry_period")
    if order.capture == "automatic" and automatic is None:
        description = "The automatic_expiry_period field is required."
        raise invalid_input(description, "automatic_expiry_period")
    if automatic is not None and manual is not None and manual < automatic:
        description = "The manual_expiry_period must be at least the automatic_expiry_period."
        raise invalid_input(description, "manual_expiry_period")
    order.automatic_expiry_s = automatic * MINUTE_S if automatic else None
    order.manual_expiry_s = (manual or LONGEST_EXPIRY_MIN) * MINUTE_S


def _expiry_minutes(options: fields.Fields, name: str) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        description = f"The {name} must be an integer."
        raise invalid_input(description, name)
    if not SHORTEST_EXPIRY_MIN <= value <= LONGEST_EXPIRY_MIN:
        description = f"The {name} must be between {SHORTEST_EXPIRY_MIN} and {LONGEST_EXPIRY_MIN}."
        raise invalid_input(description, name)
    return value
