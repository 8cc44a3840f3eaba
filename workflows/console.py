"""What ops see of an order in the Temporal UI: search attributes, summary, live details."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from domain.events import EventType
    from domain.money import format_inr
    from domain.order import OrderState, Placement

ORDER_STATUS = SearchAttributeKey.for_keyword("OrderStatus")
PAYMENT_STATUS = SearchAttributeKey.for_keyword("PaymentStatus")
CUSTOMER_ID = SearchAttributeKey.for_keyword("CustomerId")
ORDER_TOTAL_PAISE = SearchAttributeKey.for_int("OrderTotalPaise")
PAYMENT_METHOD = SearchAttributeKey.for_keyword("PaymentMethod")
ATTENTION = SearchAttributeKey.for_keyword("Attention")
PROMISED_BY = SearchAttributeKey.for_datetime("PromisedBy")

_INDIA = timedelta(hours=5, minutes=30)
_QUIET = frozenset({EventType.NOTIFICATION_SENT, EventType.INVOICE_GENERATION_QUEUED})


def summary(placement: Placement) -> str:
    """Return the order in one line: `₹1,499 · 2 items · prepaid · Pune`. No personal data."""
    quote = placement.quote
    units = sum(line.quantity for line in quote.lines)
    items = "1 item" if units == 1 else f"{units} items"
    city = placement.shipping_address.city
    return f"{format_inr(quote.total_paise)} · {items} · {quote.payment_method} · {city}"


def attributes(state: OrderState) -> TypedSearchAttributes:
    """Return the order's search attributes as they now are; none holds personal data."""
    placement, promised = state.placement, _promised_by(state)
    waiting = state.open_attention
    pairs: list[SearchAttributePair[str] | SearchAttributePair[int] | SearchAttributePair[datetime]]
    pairs = [
        SearchAttributePair(ORDER_STATUS, state.status.value),
        SearchAttributePair(PAYMENT_STATUS, state.ledger.status.value),
        SearchAttributePair(CUSTOMER_ID, placement.customer_id),
        SearchAttributePair(ORDER_TOTAL_PAISE, placement.quote.total_paise),
        SearchAttributePair(PAYMENT_METHOD, placement.payment_method.value),
    ]
    if waiting:
        pairs.append(SearchAttributePair(ATTENTION, waiting[0].step))
    if promised:
        pairs.append(SearchAttributePair(PROMISED_BY, promised))
    return TypedSearchAttributes(pairs)


class Console:
    """Keeps the order's entry in the UI true; costs one history event per changed status."""

    def __init__(self, state: OrderState) -> None:
        """Show this state; the client has set its first attributes at the start."""
        self._state = state
        self._shown = {pair.key.name: pair.value for pair in attributes(state)}
        self.waits_for = "its first step"
        self.until: datetime | None = None

    def waiting(self, what: str, until: datetime | None = None) -> None:
        """Say what the order waits for, and until when."""
        self.waits_for, self.until = what, until
        self.refresh_details()

    def refresh(self) -> None:
        """Upsert the attributes that changed, and rewrite the details."""
        now = {pair.key.name: pair for pair in attributes(self._state)}
        changed = [
            pair.key.value_set(pair.value)
            for name, pair in now.items()
            if self._shown.get(name) != pair.value
        ]
        gone = [ATTENTION.value_unset()] if ATTENTION.name in self._shown.keys() - now else []
        if changed or gone:
            workflow.upsert_search_attributes([*changed, *gone])
        self._shown = {name: pair.value for name, pair in now.items()}
        self.refresh_details()

    def refresh_details(self) -> None:
        """Rewrite the live Markdown: costs nothing in the history."""
        workflow.set_current_details(details(self._state, self.waits_for, self.until))


def details(state: OrderState, waits_for: str, until: datetime | None) -> str:
    """Return the order's story so far in Markdown. No personal data."""
    limit = f" until **{_india(until)}**" if until else ""
    lines = [
        f"### {state.status.value.replace('_', ' ').capitalize()} · {summary(state.placement)}",
        f"Waits for **{waits_for}**{limit}.",
        *(
            f"\n> **Attention {a.attention_id}** — {a.reason}. {a.suggestion} "
            f"({', '.join(action.value for action in a.actions)})"
            for a in state.open_attention
        ),
        f"\nPayment **{state.ledger.status.value}**, kept {format_inr(state.ledger.kept_paise)}"
        f" of {format_inr(state.ledger.total_paise)}.",
        *(
            f"\nParcel {s.number} from {s.warehouse}: **{s.state.value}** · {s.courier or '–'} "
            + (f"[{s.awb}]({s.tracking_url})" if s.awb and s.tracking_url else s.awb or "")
            for s in state.shipments.values()
        ),
    ]
    if state.placement.terms.tracking_url:
        url = f"{state.placement.terms.tracking_url}/track/{state.order_id}"
        lines.append(f"\n[Tracking page]({url})")
    lines.append("")
    lines += [
        f"- `{_india(event.time)}` {event.type.value.replace('_', ' ')}"
        for event in state.events
        if event.type not in _QUIET
    ]
    return "\n".join(lines)


def _promised_by(state: OrderState) -> datetime | None:
    live = [s.promised_by for s in state.shipments.values() if s.promised_by and not s.ended]
    return max(live) if live else state.placement.quote.promised_by


def _india(moment: datetime) -> str:
    return f"{moment + _INDIA:%d %b %H:%M:%S}"
