"""The head of the page: how far the order is, what comes next and when, and what just happened."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from domain.status import OrderStatus
from domain.view import OrderView
from tracking.pages.formats import day, day_in_words, moment
from tracking.pages.story import Entry, newest_first, reached
from tracking.pages.wording import ENDED, EVENTS, LATE, STAGES, STATUSES


def hero(view: OrderView, entries: Sequence[Entry], now: datetime) -> str:
    """Return the head of the page as of now."""
    words = STATUSES[view.status]
    promise, late = promised(view, now)
    return f"""<section class="hero" id="hero" data-tone="{words.tone}">
<p class="eyebrow">Order <code>{escape(view.order_id)}</code></p>
<h1 id="title">{escape(words.title)}</h1>
<p class="next" id="next-step">{escape(words.next)}</p>
<p class="promise" id="promise"{' data-late="yes"' if late else ""}{"" if promise else " hidden"}>\
{escape(promise)}</p>
<ol class="line" id="line" aria-label="Progress">{_line(view, entries)}</ol>
<p class="latest" id="latest">{_latest(entries)}</p>
</section>"""


def promised(view: OrderView, now: datetime) -> tuple[str, bool]:
    """Return what is said of when, and whether it is late; `promised` in `track.js` says the same.

    A promise that is past is not repeated as if nothing had happened.
    """
    if view.status is OrderStatus.PENDING_PAYMENT and view.payment_order:
        return f"Pay before {moment(view.payment_order.expires_at)}", False
    if view.promised_by is None or view.status in ENDED:
        return "", False
    if view.promised_by < now:
        return LATE.format(day(view.promised_by)), True
    return f"Expected by {day_in_words(view.promised_by, now)}", False


def _line(view: OrderView, entries: Sequence[Entry]) -> str:
    times = reached(entries, view.status)
    last = max(times)
    return "".join(
        _stage(name, times.get(number), number - last) for number, name in enumerate(STAGES)
    )


def _stage(name: str, at: datetime | None, distance: int) -> str:
    place = "now" if distance == 0 else "done" if distance < 0 else "ahead"
    current = ' aria-current="step"' if distance == 0 else ""
    when = f'<time datetime="{at.isoformat()}">{moment(at)}</time>' if at else "<time></time>"
    return f'<li class="{place}"{current}><b>{escape(name)}</b>{when}</li>'


def _latest(entries: Sequence[Entry]) -> str:
    shown = newest_first(entries)
    if not shown:
        return ""
    newest = shown[0]
    title = next(words.title for kind, words in EVENTS.items() if kind.value == newest.type)
    note = f"<small>{escape(newest.note)}</small> " if newest.note else ""
    return (
        f"<b>Latest</b> <span>{escape(title)}</span> {note}"
        f'<time datetime="{newest.time.isoformat()}">{moment(newest.time)}</time>'
    )
