"""The page's first paint, complete without any script. Everything that varies is escaped."""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape

from domain.cart import PaymentMethod
from domain.catch_up import REPLAY_LIMIT
from domain.shipment import Shipment
from domain.view import OrderView
from domain.wire import JSON, to_json
from tracking.pages.assets import asset
from tracking.pages.formats import day, moment, rupees
from tracking.pages.story import Entry, newest_first, reached
from tracking.pages.wording import (
    ENDED,
    EVENTS,
    PARCELS,
    PAYMENTS,
    STAGES,
    STATUSES,
    words_for_scripts,
)
from tracking.projection import snapshot_of


def order_page(view: OrderView, entries: Sequence[Entry]) -> str:
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
<main id="main">
{_hero(view, entries)}
<div class="columns">
<div>
<section aria-labelledby="parcels-title" id="parcels-section"{_hidden(not view.shipments)}>
<h2 id="parcels-title">{_parcels_title(view.shipments)}</h2>
<div id="parcels">{"".join(_parcel(each, view) for each in view.shipments)}</div>
</section>
<section class="card" aria-labelledby="history-title">
<h2 id="history-title">What happened</h2>
<ol class="timeline" id="timeline">{"".join(map(_entry, newest_first(entries)))}</ol>
</section>
</div>
<aside>{_summary(view)}{_address(view)}</aside>
</div>
</main>
<p class="unseen" id="announce" role="status" aria-live="polite"></p>
{_data("state", state)}
<script type="module" src="{asset("track.js")}"></script>"""
    status = STATUSES[view.status].title
    return _document(f"{status} · order tracking", body, live=True)


def sign_in_page(problem: str = "") -> str:
    """Return what is shown to somebody unknown: the script takes the token from the address."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _document(
        "Order tracking",
        f"""
<main id="main"><section class="card narrow" id="sign-in">
<h1>Follow your order</h1>
<p>Please open the link from your order confirmation. If you have an access code, enter it here.</p>
{said}
<form method="post" action="/session" id="session">
<input type="hidden" name="next" id="next" value="">
<label for="token">Access code</label>
<input id="token" name="token" type="password" autocomplete="off" required maxlength="4096">
<button type="submit">Show my order</button>
</form>
</section></main>""",
    )


def problem_page(title: str, text: str) -> str:
    """Return a page that says what is the matter."""
    body = f"""
<main id="main"><section class="card narrow"><h1>{escape(title)}</h1>
<p>{escape(text)}</p></section></main>"""
    return _document(title, body)


def _document(title: str, body: str, *, live: bool = False) -> str:
    link = (
        '<p class="link" id="link" data-state="static"><i aria-hidden="true"></i>'
        "<span>As of now</span></p>"
        if live
        else ""
    )
    return f"""<!doctype html>
<html lang="en-IN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<link rel="icon" href="{asset("mark.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="{asset("track.css")}">
<script type="module" src="{asset("session.js")}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the order</a>
<header class="top"><p class="mark"><img src="{asset("mark.svg")}" alt="" width="28" height="28">
Order tracking</p>{link}</header>
{body}
</body>
</html>
"""


def _hero(view: OrderView, entries: Sequence[Entry]) -> str:
    words = STATUSES[view.status]
    return f"""<section class="hero" id="hero" data-tone="{words.tone}">
<p class="eyebrow">Order <code>{escape(view.order_id)}</code></p>
<h1 id="title">{escape(words.title)}</h1>
<p class="next" id="next-step">{escape(words.next)}</p>
<p class="promise" id="promise"{_hidden(not _promise(view))}>{escape(_promise(view))}</p>
<ol class="line" id="line" aria-label="Progress">{_line(view, entries)}</ol>
</section>"""


def _promise(view: OrderView) -> str:
    if view.promised_by is None or view.status in ENDED:
        return ""
    return f"Expected by {day(view.promised_by)}"


def _line(view: OrderView, entries: Sequence[Entry]) -> str:
    times = reached(entries, view.status)
    last = max(times)
    return "".join(
        _stage(name, times.get(number), number - last) for number, name in enumerate(STAGES)
    )


def _stage(name: str, at: datetime | None, distance: int) -> str:
    place = "now" if distance == 0 else "done" if distance < 0 else "ahead"
    current = ' aria-current="step"' if distance == 0 else ""
    when = _time(at) if at else "<time></time>"
    return f'<li class="{place}"{current}><b>{escape(name)}</b>{when}</li>'


def _parcels_title(shipments: Sequence[Shipment]) -> str:
    return "Your parcel" if len(shipments) < 2 else f"Your {len(shipments)} parcels"  # noqa: PLR2004


def _parcel(parcel: Shipment, view: OrderView) -> str:
    words = PARCELS[parcel.state]
    names = {line.sku: line.name for line in view.quote.lines}
    items = "".join(
        f"<li>{escape(names.get(line.sku, line.sku))} <span>× {line.quantity}</span></li>"
        for line in parcel.lines
    )
    promise = (
        f"<p>Expected by {day(parcel.promised_by)}</p>"
        if parcel.promised_by and not parcel.ended
        else ""
    )
    return f"""<article class="card parcel">
<header><h3>Parcel {parcel.number}</h3>
<p class="chip" data-tone="{words.tone}">{words.title}</p></header>
<ul class="items">{items}</ul>
{promise}<p class="soft">{_courier(parcel)}</p>
</article>"""


def _courier(parcel: Shipment) -> str:
    if not parcel.awb:
        return "The courier is being booked."
    text = f"{escape(parcel.courier or 'Courier')} · <code>{escape(parcel.awb)}</code>"
    if parcel.tracking_url and parcel.tracking_url.startswith(("https://", "http://")):
        url = escape(parcel.tracking_url, quote=True)
        link = f'href="{url}" rel="noreferrer noopener" target="_blank"'
        text += f" <a {link}>Follow it at the courier</a>"
    return text


def _entry(entry: Entry) -> str:
    words = EVENTS[next(each for each in EVENTS if each.value == entry.type)]
    note = f"<p>{escape(entry.note)}</p>" if entry.note else ""
    return (
        f'<li data-tone="{words.tone}"><b>{escape(words.title)}</b>{_time(entry.time)}{note}</li>'
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
<p class="soft"><span id="payment">{PAYMENTS[view.payment_status]}</span>
· {"cash on delivery" if cash else "prepaid"} · placed {_time(view.placed_at)}</p>
</section>"""


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


def _data(name: str, document: JSON) -> str:
    """Return data for a script; nothing in it can end the element."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>'
