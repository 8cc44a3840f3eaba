"""The small pieces of the ledger page: money, moments, states, buttons. All text is escaped."""

import json
from datetime import datetime
from html import escape

from sandbox.razorpay.bank.settling import IST

GOOD = frozenset({"paid", "captured", "processed", "delivered", "won"})
BAD = frozenset({"failed", "lost", "skipped"})
QUIET = frozenset({"refunded", "closed", "unsubscribed", "created"})


def rupees(paise: int) -> str:
    """Return paise as rupees with Indian grouping: 12345678 gives ₹1,23,456.78."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return f"{'-' if paise < 0 else ''}₹{','.join([*reversed(pairs), tail])}.{rest:02d}"


def money(paise: int) -> str:
    """Return an amount; nothing for nothing."""
    return f'<span class="money">{rupees(paise)}</span>' if paise else ""


def moment(unix_s: float) -> str:
    """Return a moment in Indian time."""
    at = datetime.fromtimestamp(unix_s, IST)
    return f'<time datetime="{at.isoformat()}">{at:%d %b %H:%M:%S}</time>'


def code(text: str | None) -> str:
    """Return an id."""
    return f"<code>{escape(text)}</code>" if text else ""


def status(word: str, reason: str = "") -> str:
    """Return a state as a coloured mark; its word says the same as its colour."""
    tone = (
        "good" if word in GOOD else "bad" if word in BAD else "quiet" if word in QUIET else "open"
    )
    below = f"<small>{escape(reason)}</small>" if reason else ""
    return f'<span class="{tone}">{escape(word.replace("_", " "))}</span>{below}'


def button(label: str, path: str, body: object = None, *, about: str = "") -> str:
    """Return a button that posts a body to a path of the control surface."""
    name = f' aria-label="{escape(f"{label} {about}")}"' if about else ""
    sent = escape(json.dumps(body if body is not None else {}))
    return (
        f'<button type="button" data-post="/_control/{escape(path)}" data-body="{sent}"{name}>'
        f"{escape(label)}</button>"
    )


def buttons(*made: str) -> str:
    """Return buttons beside each other."""
    return f'<span class="actions">{"".join(made)}</span>' if any(made) else ""
