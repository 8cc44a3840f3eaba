"""The ops wall's page: a frame that its script fills."""

from tracking.pages.assets import asset
from tracking.pages.shell import data, document, live_mark
from tracking.pages.wording import words_for_scripts


def wall_page() -> str:
    """Return the wall, empty: there is nothing on it that a person without a script could use."""
    body = f"""
<main id="main" class="wall">
<section class="tiles" id="tiles" aria-label="Figures"></section>
<section class="flow" aria-label="Events per minute"><h2>Events per minute</h2>
<div id="spark" role="img" aria-label="Events per minute, last half hour"></div></section>
<nav class="filters" id="filters" aria-label="Filter"></nav>
<table><caption class="unseen">Orders, the latest movement first</caption>
<thead><tr><th scope="col">Order</th><th scope="col">Status</th><th scope="col">Parcels</th>
<th scope="col">City</th><th scope="col" class="number">Total</th>
<th scope="col">Payment</th><th scope="col">Promised</th><th scope="col">Moved</th></tr></thead>
<tbody id="rows"></tbody></table>
<p class="soft" id="empty">Nothing has moved yet.</p>
</main>
<p class="unseen" id="announce" role="status" aria-live="polite"></p>
<noscript><p class="problem">The wall needs JavaScript.</p></noscript>
{data("state", {"words": words_for_scripts()})}
<script type="module" src="{asset("wall.js")}"></script>"""
    return document(
        "Operations wall", body, style="wall.css", top=live_mark(), mark="Operations wall"
    )
