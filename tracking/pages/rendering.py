"""The page's first paint, complete without any script. Everything that varies is escaped."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote as url_quote

from domain.cart import PaymentMethod
from domain.catch_up import REPLAY_LIMIT
from domain.documents import Document
from domain.view import OrderView
from domain.wire import to_json
from tracking.pages.assets import asset
from tracking.pages.formats import moment, rupees
from tracking.pages.hero import hero
from tracking.pages.parcels import parcel_card, parcels_title
from tracking.pages.shell import data, document, live_mark
from tracking.pages.story import Entry, newest_first
from tracking.pages.wording import (
    DOCUMENTS,
    EVENTS,
    PAYMENTS,
    REFUNDS,
    STATUSES,
    words_for_scripts,
)
from tracking.projection import snapshot_of


def order_page(view: OrderView, entries: Sequence[Entry], now: datetime) -> str:
    """Return the page of an order, with the state from which its script goes on."""
    # A short log is asked for again from its beginning; one too long to be replayed is not.
    complete = len(entries) == view.sequence or view.sequence > REPLAY_LIMIT
    state = {
        "order": snapshot_of(view, to_ops=False),
        "since": {"epoch": view.epoch, "sequence": view.sequence if complete else 0},
        "entries": to_json(entries) if complete else [],
        "words": words_for_scripts(),
    }
    body = f"""
<p class="banner" id="banner" role="status" hidden></p>
<main id="main">
{hero(view, entries, now)}
<section class="missed card" id="missed" aria-labelledby="missed-title" hidden>
<h2 id="missed-title"></h2><ul id="missed-list"></ul></section>
<div class="columns">
<div>
<section aria-labelledby="parcels-title" id="parcels-section"{_hidden(not view.shipments)}>
<h2 id="parcels-title">{parcels_title(view.shipments)}</h2>
<div id="parcels">{"".join(parcel_card(each, view) for each in view.shipments)}</div>
</section>
<section class="card" aria-labelledby="history-title">
<h2 id="history-title">What happened</h2>
<ol class="timeline" id="timeline">{"".join(map(_entry, newest_first(entries)))}</ol>
</section>
</div>
<aside>{_actions(view)}{_summary(view)}{_address(view)}</aside>
</div>
</main>
<dialog id="dialog" aria-labelledby="dialog-title"></dialog>
<p class="unseen" id="announce" role="status" aria-live="polite"></p>
{data("state", state)}
<script type="module" src="{asset("track.js")}"></script>"""
    status = STATUSES[view.status].title
    return document(f"{status} · order tracking", body, top=live_mark())


def _entry(entry: Entry) -> str:
    words = EVENTS[next(each for each in EVENTS if each.value == entry.type)]
    note = f"<p>{escape(entry.note)}</p>" if entry.note else ""
    return (
        f'<li data-tone="{words.tone}"><b>{escape(words.title)}</b>{_time(entry.time)}{note}</li>'
    )


def _actions(view: OrderView) -> str:
    """Return documents as plain links; what needs the script is put there by the script."""
    documents = "".join(_document_link(each, view) for each in view.documents)
    return f"""<section class="card" id="actions-section" aria-labelledby="actions-title"
{_hidden(not view.documents)}>
<h2 id="actions-title">What you can do</h2>
<ul class="actions" id="documents">{documents}</ul><div class="actions" id="actions"></div>
</section>"""


def _document_link(document: Document, view: OrderView) -> str:
    href = f"/orders/{view.order_id}/documents/{url_quote(document.number)}"
    title = DOCUMENTS.get(document.kind.value, "Document")
    return (
        f'<li><a class="button" href="{escape(href, quote=True)}">{title} '
        f"<span>{escape(document.number)} · PDF</span></a></li>"
    )


def _summary(view: OrderView) -> str:
    quote = view.quote
    lines = "".join(
        f"<li><span>{escape(line.name)} <i>× {line.quantity}</i></span>"
        f"<span>{rupees(line.unit_price_paise * line.quantity)}</span></li>"
        for line in quote.lines
    )
    extras = (
        (f"Coupon {quote.coupon or ''}", -quote.discount_paise),
        ("Delivery", quote.shipping_paise),
        ("Cash on delivery fee", quote.cod_fee_paise),
    )
    more = "".join(
        f"<li><span>{escape(name)}</span><span>{rupees(amount)}</span></li>"
        for name, amount in extras
        if amount
    )
    cash = view.payment_method is PaymentMethod.COD
    return f"""<section class="card" aria-labelledby="summary-title">
<h2 id="summary-title">Your order</h2>
<ul class="sums">{lines}{more}<li class="total"><span>Total</span>
<span>{rupees(view.total_paise)}</span></li></ul>
<ul class="sums refunds cut" id="cancelled">{_cancelled(view)}</ul>
<ul class="sums refunds" id="refunds">{_refunds(view)}</ul>
<p class="soft"><span id="payment">{PAYMENTS[view.payment_status]}</span>
· {"cash on delivery" if cash else "prepaid"} · placed {_time(view.placed_at)}</p>
</section>"""


def _cancelled(view: OrderView) -> str:
    names = {line.sku: line.name for line in view.quote.lines}
    return "".join(
        f"<li><span>Cancelled: {escape(units)}</span><span>{rupees(-told.amount_paise)}</span></li>"
        for told in view.line_cancellations
        for units in [
            ", ".join(f"{names.get(line.sku, line.sku)} × {line.quantity}" for line in told.lines)
        ]
    )


def _refunds(view: OrderView) -> str:
    return "".join(
        f"<li><span>{REFUNDS[each.status.value]}</span>"
        f"<span>{rupees(each.amount_paise)}</span></li>"
        for each in view.refunds
        if each.status.value in REFUNDS
    )


def _address(view: OrderView) -> str:
    address = view.shipping_address
    lines = (
        address.name,
        address.line1,
        address.line2,
        f"{address.city} {address.pincode}",
        address.state,
    )
    text = "<br>".join(escape(line) for line in lines if line)
    return f"""<section class="card" aria-labelledby="address-title">
<h2 id="address-title">Delivery address</h2><address id="address">{text}</address></section>"""


def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{moment(at)}</time>'


def _hidden(condition: object) -> str:
    return " hidden" if condition else ""
