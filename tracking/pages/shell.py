"""What every page stands in, and the pages that say little: sign in, and what is the matter."""

import json
from html import escape
from typing import Final

from domain.wire import JSON
from tracking.pages.assets import asset

LEAD: Final = (
    "Please open the link from your order confirmation. If you have an access code, enter it here."
)


def document(
    title: str, body: str, *, style: str = "track.css", top: str = "", mark: str = "Order tracking"
) -> str:
    """Return a whole page; `top` stands beside the mark."""
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
<link rel="stylesheet" href="{asset(style)}">
<script type="module" src="{asset("session.js")}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><p class="mark"><img src="{asset("mark.svg")}" alt="" width="28" height="28">
{mark}</p>{top}</header>
{body}
</body>
</html>
"""


def live_mark() -> str:
    """Return the place where the script says whether the page is live."""
    return (
        '<p class="link" id="link" data-state="static"><i aria-hidden="true"></i>'
        "<span>As of now</span></p>"
    )


def sign_in_page(problem: str = "", title: str = "Follow your order", lead: str = LEAD) -> str:
    """Return what is shown to somebody unknown: the script takes the token from the address."""
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return document(
        title,
        f"""
<main id="main"><section class="card narrow" id="sign-in">
<h1>{escape(title)}</h1>
<p>{escape(lead)}</p>
{said}
<form method="post" action="/session" id="session">
<input type="hidden" name="next" id="next" value="">
<label for="token">Access code</label>
<input id="token" name="token" type="password" autocomplete="off" required maxlength="4096">
<button type="submit">Continue</button>
</form>
</section></main>""",
    )


def problem_page(title: str, text: str) -> str:
    """Return a page that says what is the matter."""
    body = f"""
<main id="main"><section class="card narrow"><h1>{escape(title)}</h1>
<p>{escape(text)}</p></section></main>"""
    return document(title, body)


def data(name: str, content: JSON) -> str:
    """Return data for a script; nothing in it can end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>'
