"""A page for people: every parcel, and a button for each thing that may happen to it."""

from html import escape
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.courier.booking import courier_name
from sandbox.courier.depot import depot_of
from sandbox.courier.movement.parcel import Parcel
from sandbox.courier.movement.status import ShipmentStatus
from sandbox.courier.wire import ist
from sandbox.courier.wire.rupees import as_text

MOST_SHOWN: Final = 200
BUTTONS: Final = (
    ("Next step", None),
    ("Picked up", ShipmentStatus.PICKED_UP),
    ("In transit", ShipmentStatus.IN_TRANSIT),
    ("Out for delivery", ShipmentStatus.OUT_FOR_DELIVERY),
    ("Not at home", ShipmentStatus.UNDELIVERED),
    ("Delivered", ShipmentStatus.DELIVERED),
    ("Return to origin", ShipmentStatus.RTO_INITIATED),
    ("Lost", ShipmentStatus.LOST),
    ("Damaged", ShipmentStatus.DAMAGED),
)

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Courier sandbox</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:0;background:#f5f6f8;color:#1c2430}
header{background:#243b6b;color:#fff;padding:14px 24px;display:flex;gap:24px;align-items:baseline}
header h1{font-size:19px;margin:0}main{padding:18px 24px}
article{background:#fff;border:1px solid #dde1e8;border-radius:8px;padding:12px 16px;
margin:0 0 12px}
article h2{font-size:16px;margin:0 0 4px}article p{margin:2px 0;color:#4a5568}
.status{float:right;background:#e6edfb;color:#1d3f8a;border-radius:12px;padding:2px 10px}
.over{background:#e7f5ec;color:#146c3a}button{font:inherit;margin:6px 6px 0 0;padding:4px 10px;
border:1px solid #b9c2d0;border-radius:6px;background:#fff;cursor:pointer}
button:hover,button:focus{background:#eef2fa}ul{margin:6px 0;padding-left:20px;color:#4a5568}
#said{color:#b42318;min-height:1.4em}
</style></head><body>
<header><h1>Courier sandbox</h1><span>{{clock}} IST</span><span>wallet ₹{{wallet}}</span>
<span>{{count}} parcels</span></header>
<main><p id="said" role="status"></p>{{parcels}}</main>
<script>
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-awb]');
  if (!button) return;
  const body = button.dataset.to ? {to: button.dataset.to} : {};
  const answer = await fetch(`_control/shipments/${button.dataset.awb}/advance`,
    {method: 'POST', body: JSON.stringify(body)});
  if (answer.ok) { location.reload(); return; }
  const said = (await answer.json()).error;
  document.getElementById('said').textContent = `${said.problem}. ${said.remedy}`;
});
setInterval(() => { if (!document.hidden) location.reload(); }, 5000);
</script></body></html>
"""


async def parcels_page(request: Request) -> Response:
    """GET /: the newest parcels first."""
    depot = depot_of(request)
    newest = sorted(depot.parcels, key=lambda parcel: -parcel.order_id)[:MOST_SHOWN]
    filled = {
        "clock": ist.plain(depot.now()) or "",
        "wallet": as_text(depot.account.state.wallet_paise),
        "count": str(len(depot.parcels)),
        "parcels": "".join(_article(parcel) for parcel in newest) or "<p>No parcels yet.</p>",
    }
    page = _PAGE
    for name, text in filled.items():
        page = page.replace("{{" + name + "}}", text)
    return HTMLResponse(page)


def _article(parcel: Parcel) -> str:
    over = " over" if parcel.is_over else ""
    kind = "return" if parcel.is_return else "COD" if parcel.is_cash else "prepaid"
    script = parcel.script or "no pickup yet"
    scans = "".join(
        f"<li>{escape(ist.plain(scan.at) or '')} {escape(scan.activity)}"
        f" ({escape(scan.location)})</li>"
        for scan in parcel.scans[-3:]
    )
    return (
        f'<article><span class="status{over}">{escape(parcel.status.label)}</span>'
        f"<h2>{escape(parcel.seller_order_id)}</h2>"
        f"<p>AWB {escape(parcel.awb or 'none')} · {escape(courier_name(parcel) or 'no courier')}"
        f" · {kind} · {escape(script)}</p><ul>{scans}</ul>{_buttons(parcel)}</article>"
    )


def _buttons(parcel: Parcel) -> str:
    if parcel.is_over or parcel.pickup_scheduled_at is None:
        return ""
    awb = escape(parcel.awb or "", quote=True)
    return "".join(
        f'<button data-awb="{awb}" data-to="{to.name.lower() if to else ""}">{text}</button>'
        for text, to in BUTTONS
        if to is None or parcel.may_become(to)
    )


ROUTES: Final = [Route("/", parcels_page, methods=["GET"])]
